// Events of the held picture: ['forget', /* receivers */]
element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-held]');
  if (!button) return;
  element.querySelector('details').open = false;
  trigger(button.dataset.held);
});
element.addEventListener('keydown', (event) => {
  const details = element.querySelector('details[open]');
  if (event.key !== 'Escape' || !details) return;
  details.open = false;
  details.querySelector('summary').focus();
});
document.addEventListener('pointerdown', (event) => {
  const details = element.querySelector('details[open]');
  if (details && !element.contains(event.target)) details.open = false;
});
