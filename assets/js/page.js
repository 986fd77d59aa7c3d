// The page's own few actions: one listener each, for what Gradio has no component for.
(() => {
  const { language, chooseLanguage, chooseTheme } = window.playground;
  const { name, mistake, tooLarge } = window.playgroundWords[language];
  document.documentElement.style.setProperty("--mistake-title", JSON.stringify(mistake));
  // Gradio titles the page from its configuration, which knows one language only.
  if (window.gradio_config) window.gradio_config.title = name;
  document.title = name;

  const markLanguage = () => document.querySelectorAll("[data-language]").forEach((button) =>
    button.setAttribute("aria-pressed", String(button.dataset.language === language)));

  // Gradio's folded parts do not say by themselves whether they are open.
  let willMark = false;
  const markFolds = () => {
    if (willMark) return;
    willMark = true;
    requestAnimationFrame(() => {
      willMark = false;
      for (const button of document.querySelectorAll("button.label-wrap"))
        button.setAttribute("aria-expanded", String(button.classList.contains("open")));
    });
  };

  const base = () => ((window.gradio_config || {}).root || location.origin).replace(/\/$/, "");
  async function showLoaded() {
    const place = document.querySelector("[data-loaded]");
    if (!place || document.hidden) return;
    try {
      const answer = await fetch(`${base()}/loaded?lang=${language}`);
      if (!answer.ok) return;
      const { text } = await answer.json();
      if (place.textContent !== text) place.textContent = text;
    } catch { /* the server is away; the next look tells */ }
  }

  // A bare "#tab" would be read against the page's <base> and lose the query.
  const noteTab = (id) => {
    const here = new URL(location.href);
    here.hash = id;
    history.replaceState(history.state, "", here);
  };
  const openTab = (id) => document.getElementById(`${id}-button`)?.click();
  // "#tab/mode?recipe=..." opens a mode inside a tab, whose own script reads the recipe.
  const openPath = (hash) => {
    const [tab, mode] = hash.slice(1).split("?")[0].split("/");
    const whole = location.href;
    if (tab) openTab(tab);
    if (!mode) return;
    // Opening the tab has noted the tab alone.
    history.replaceState(history.state, "", whole);
    const opened = new MutationObserver(() => openMode());
    const openMode = () => {
      if (!document.getElementById(`${mode}-button`)) return;
      opened.disconnect();
      openTab(mode);
    };
    opened.observe(document, { childList: true, subtree: true });
    openMode();
  };
  // Where the row of tabs is wider than the window, the chosen one comes into sight.
  const showTab = (button) => {
    const row = button.closest(".tab-container");
    if (!row || row.scrollWidth <= row.clientWidth) return;
    // The row is what the button's place is read off.
    row.scrollTo({ left: button.offsetLeft + button.offsetWidth / 2 - row.clientWidth / 2 });
  };
  // It may be chosen by no press ("Send to ..."), and the window may be turned.
  const keepTabInSight = () => {
    const row = document.querySelector("#tabs > .tab-wrapper .tab-container");
    const show = () => {
      const chosen = row.querySelector("[aria-selected=true]");
      if (chosen) showTab(chosen);
    };
    const chosen = { subtree: true, attributes: true, attributeFilter: ["aria-selected"] };
    new MutationObserver(show).observe(row, chosen);
    new ResizeObserver(show).observe(row);
  };

  // What a visitor is told of files that no request may hold; "" where they are small enough.
  window.playground.refusalOf = (files) => {
    const most = window.gradio_config?.max_file_size ?? Infinity;
    return [...files].reduce((sum, { size }) => sum + size, 0) > most ? tooLarge : "";
  };
  // Gradio's own fields would refuse them in their own words, so they never hear of such files.
  const refuseFiles = (event, files) => {
    const field = event.target.closest?.(".block:has(input[data-testid=file-upload])");
    if (!field || !files) return false;
    field.querySelector(".too-large")?.remove();
    const refusal = window.playground.refusalOf(files);
    if (!refusal) return false;
    event.preventDefault();
    event.stopImmediatePropagation();
    const told = Object.assign(document.createElement("p"), { className: "too-large", textContent: refusal });
    told.setAttribute("role", "alert");
    field.append(told);
    return true;
  };
  document.addEventListener("change", (event) => {
    // The same file may be chosen again, smaller.
    if (refuseFiles(event, event.target.files)) event.target.value = "";
  }, true);
  document.addEventListener("drop", (event) => refuseFiles(event, event.dataTransfer?.files), true);

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    markFolds();
    if (button.role === "tab") showTab(button);
    if (button.dataset.language) chooseLanguage(button.dataset.language);
    if ("themeSwitch" in button.dataset)
      chooseTheme(document.body.classList.contains("dark") ? "light" : "dark");
    if (button.dataset.openTab) openTab(button.dataset.openTab);
    // A mode inside a tab is no address by itself, and a recipe keeps its own.
    if (button.role === "tab" && button.id.endsWith("-button") && !button.closest(".modes"))
      noteTab(button.id.slice(0, -"-button".length));
  });

  const started = new MutationObserver(() => {
    if (!document.querySelector("[data-language]") || !document.querySelector("[role=tab]")) return;
    started.disconnect();
    markLanguage();
    keepTabInSight();
    // Tabs come when they are first opened, and a recipe may unfold something.
    new MutationObserver(markFolds).observe(document.body, { childList: true, subtree: true });
    markFolds();
    showLoaded();
    setInterval(showLoaded, 5000);
    document.addEventListener("visibilitychange", showLoaded);
    openPath(location.hash);
    window.addEventListener("hashchange", () => openPath(location.hash));
    document.documentElement.dataset.playground = "ready";
  });
  started.observe(document, { childList: true, subtree: true });
})();
