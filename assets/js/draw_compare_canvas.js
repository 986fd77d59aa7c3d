// Starts the stage of "Compare": its modules stand in assets/js/draw.
// Events: ['draw', 'stop']
// In scope: element, props, trigger, server, upload, watch.
const root = (window.gradio_config && window.gradio_config.root) || '';
const address = new URL(`${root}/scripts/draw/compare_stage.js`, document.baseURI);
import(address.href).then(({ start }) => start({ element, props, trigger, server, upload, watch }));
