// Runs before Gradio reads the browser: settles the language and the colours of this visit.
(() => {
  const read = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
  const write = (key, value) => { try { localStorage.setItem(key, value); } catch { /* private window */ } };
  const traditional = /^(zh-(hant|tw|hk|mo)\b.*|zh|yue\b.*)$/i;
  const known = (tag) => (!tag ? null : traditional.test(tag) ? "zh-Hant" : /^en\b/i.test(tag) ? "en" : null);
  const address = new URL(location.href);
  const query = address.searchParams;

  const asked = known(query.get("lang"));
  if (asked) write("playground.language", asked);
  const liked = [...(navigator.languages || []), navigator.language].map(known).find(Boolean);
  const language = asked || known(read("playground.language")) || liked || "en";
  const gradioName = language === "en" ? "en" : "zh-TW";
  Object.defineProperty(navigator, "language", { get: () => gradioName });
  Object.defineProperty(navigator, "languages", { get: () => [gradioName] });
  document.documentElement.lang = language === "en" ? "en" : "zh-Hant-TW";

  const theme = query.get("__theme") || read("playground.theme");
  const dark = theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.classList.toggle("early-dark", dark);
  if (theme) query.set("__theme", theme);

  // The server learns the language from the address: Gradio sends the query with every event.
  query.set("lang", language);
  history.replaceState(history.state, "", address);

  window.playground = {
    language,
    chooseLanguage(next) {
      write("playground.language", next);
      const there = new URL(location.href);
      there.searchParams.set("lang", next);
      location.assign(there);
    },
    chooseTheme(next) {
      write("playground.theme", next);
      document.body.classList.toggle("dark", next === "dark");
      const here = new URL(location.href);
      here.searchParams.set("__theme", next);
      history.replaceState(history.state, "", here);
    },
  };
})();
