// Starts a bar of "copy link, save, open": its module stands in assets/js/recipe.
// Events: ['make', 'reopen']
// In scope: element, props, trigger, server, upload, watch.
const root = (window.gradio_config && window.gradio_config.root) || '';
const address = new URL(`${root}/scripts/recipe/bar.js`, document.baseURI);
import(address.href).then(({ start }) => start({ element, props, trigger, watch }));
