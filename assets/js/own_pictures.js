// Starts the card "Search in": its modules stand in assets/js/own.
// Events: ['choose', 'index', 'halt']
// In scope: element, props, trigger, server, watch.
const root = (window.gradio_config && window.gradio_config.root) || '';
const address = new URL(`${root}/scripts/own/card.js`, document.baseURI);
import(address.href).then(({ start }) => start({ element, props, trigger, server, watch, root }));
