// Starts the drawing tab: its modules stand in assets/js/draw.
// Events: ['draw', 'stop', 'open', 'take', 'reopen', 'forget']
// In scope: element, props, trigger, server, upload, watch.
const root = (window.gradio_config && window.gradio_config.root) || '';
const address = new URL(`${root}/scripts/draw/stage.js`, document.baseURI);
import(address.href).then(({ start }) => start({ element, props, trigger, server, upload, watch }));
