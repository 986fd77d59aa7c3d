// Server functions. They give undefined for any failure of their own, and throw when nobody is there.

export async function call(app, name, asked) {
  try {
    return (await app.server[name](asked)) ?? { error: app.ui.say('no_answer') };
  } catch {
    return { error: app.ui.say('no_answer') };
  }
}
