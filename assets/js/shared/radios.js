// One of a few, as a row of buttons: arrow keys walk over them, Tab stops at the chosen one alone.

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/**
 * Makes a group of buttons of the role "radio" answer to arrow keys, as such groups do.
 * @param {HTMLElement} group Its children are the buttons; those that are hidden are passed over.
 * @param {string} label What is chosen, for screen readers.
 */
export function asRadios(group, label) {
  group.setAttribute('role', 'radiogroup');
  group.setAttribute('aria-label', label);
  group.addEventListener('keydown', (event) => {
    const radios = [...group.children].filter(({ hidden, disabled }) => !hidden && !disabled);
    const here = radios.indexOf(document.activeElement);
    const by = STEPS[event.key];
    if (!by || here < 0) return;
    event.preventDefault();
    const next = radios[(here + by + radios.length) % radios.length];
    next.click();
    next.focus();
  });
}

/**
 * Says of one of them whether it is the chosen one.
 * @param {HTMLButtonElement} radio
 * @param {boolean} isChosen
 */
export function markRadio(radio, isChosen) {
  radio.setAttribute('aria-checked', String(isChosen));
  radio.tabIndex = isChosen ? 0 : -1;
}
