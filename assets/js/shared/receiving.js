// What the server tells a stage: each value but once, and never kept where it would go back up.

/**
 * Hands a stage every value that the server tells it from now on, and the one that is there.
 * @param {{props: {value: any}, watch: Function}} gradio What the canvas's script was given.
 * @param {{sendUp: Function, receive: Function}} app The stage.
 */
export function listen(gradio, app) {
  let seen = '';
  const hear = () => {
    const { value } = gradio.props;
    if (!value?.stamp) return;
    const isNews = value.stamp !== seen;
    seen = value.stamp;
    const told = { ...value };
    // Upstream goes a small value only, never the pictures that came down. While the script was on
    // its way, Gradio may put the same value of the server back over ours.
    app.sendUp();
    if (isNews) app.receive(told);
  };
  gradio.watch('value', hear);
  hear();
}
