// Starts the chat: its modules stand in assets/js/chat.
// Events: ['open', 'again', 'ask', 'retry', 'go_on', 'caption', 'take', 'reopen', 'forget', 'stop']
// In scope: element, props, trigger, server, upload, watch.
const root = (window.gradio_config && window.gradio_config.root) || '';
const address = new URL(`${root}/scripts/chat/stage.js`, document.baseURI);
import(address.href).then(({ start }) => start({ element, props, trigger, server, upload, watch }));
