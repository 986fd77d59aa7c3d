// Starts the stage of "Understand": its modules stand in assets/js/understand.
// Events: ['look', 'chart', 'where', 'bring']
// In scope: element, props, trigger, server, upload, watch.
const root = (window.gradio_config && window.gradio_config.root) || '';
const address = new URL(`${root}/scripts/understand/stage.js`, document.baseURI);
import(address.href).then(({ start }) => start({ element, props, trigger, server, upload, watch }));
