// Starts the drawer of the drawing tab: its modules stand in assets/js/draw, as inside_*.js.
// Events: ['branch']
// In scope: element, props, trigger, server, watch.
const root = (window.gradio_config && window.gradio_config.root) || '';
const address = new URL(`${root}/scripts/draw/inside_drawer.js`, document.baseURI);
import(address.href).then(({ start }) => start({ element, props, trigger, server, watch }));
