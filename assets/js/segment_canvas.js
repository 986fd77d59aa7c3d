// Starts the stage of click-to-segment: its modules stand in assets/js/segment.
// Events: ['open', 'again', 'rank']
// In scope: element, props, trigger, server, upload, watch.
const root = (window.gradio_config && window.gradio_config.root) || '';
const address = new URL(`${root}/scripts/segment/stage.js`, document.baseURI);
import(address.href).then(({ start }) => start({ element, props, trigger, server, upload, watch }));
