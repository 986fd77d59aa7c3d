// The button that begins something may be gone by what it began: the focus goes to what took its
// place and comes back, so that who works by keyboard can press Stop and need not begin at the top.

const isThere = (node) => Boolean(node) && !node.disabled && node.checkVisibility();

export class Focus {
  constructor(app) {
    this.app = app;
    this.from = null;
    this.isLost = false;
  }

  /**
   * Called when all parts are up to date.
   * @param {Element} held What had the focus before.
   */
  keep(held) {
    const { asking, prompt, about } = this.app;
    if ([prompt.go, about.again].includes(held)) this.from = held;
    if ([prompt.stop, this.from].includes(held) && !isThere(held)) this.isLost = true;
    // Who went elsewhere meanwhile is left there.
    else if (document.activeElement !== document.body) this.isLost = false;
    if (!this.isLost) return;
    const to = (asking.isDrawing ? [prompt.stop] : [this.from, prompt.go, prompt.field]).find(isThere);
    to?.focus({ preventScroll: true });
    this.isLost = !to;
  }
}

/**
 * The same for two buttons of which one is there at a time.
 * @param {Element} held What had the focus before.
 * @param {Element} one
 * @param {Element} other
 */
export function swapFocus(held, one, other) {
  const [from, to] = isThere(one) ? [other, one] : [one, other];
  if (held === from && isThere(to)) to.focus({ preventScroll: true });
}
