// Keeps the parts of a page that are marked data-live up to date. Everything works without it.
"use strict";
(() => {
  const WAIT_MS = 250;
  const mark = document.getElementById("live-mark");
  if (!mark || !window.EventSource) return;
  let source = null, timer = null, isRunning = false, isStale = false;

  // Text that somebody is writing must not vanish.
  function isInUse(part) {
    if (part.querySelector("input:focus, textarea:focus, select:focus")) return true;
    const fields = part.querySelectorAll("input[type=text], input[type=search], textarea");
    return [...fields].some((field) => field.value !== field.defaultValue);
  }

  function replace(old, fresh) {
    if (isInUse(old) || old.innerHTML === fresh.innerHTML) return;
    for (const open of old.querySelectorAll("details[open][id]")) {
      const same = fresh.querySelector("#" + CSS.escape(open.id));
      if (same) same.open = true;
    }
    old.replaceWith(document.adoptNode(fresh));
  }

  async function refresh() {
    timer = null;
    if (isRunning) { isStale = true; return; }
    isRunning = true;
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      if (answer.redirected) { location.reload(); return; }
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const fresh of page.querySelectorAll("[data-live]")) {
          const old = document.getElementById(fresh.id);
          if (old) replace(old, fresh);
        }
      }
    } catch { /* The server is away; the stream reconnects and asks again. */ }
    isRunning = false;
    if (isStale) { isStale = false; soon(); }
  }

  function soon() {
    if (timer === null) timer = setTimeout(refresh, WAIT_MS);
  }

  // A browser opens few connections to one server: a page that nobody looks at gives its own back.
  function connect() {
    if (source || document.hidden) return;
    source = new EventSource("/console/events");
    source.onopen = () => { mark.hidden = false; soon(); };
    source.onmessage = soon;
    source.onerror = () => { mark.hidden = true; if (source && source.readyState === 2) disconnect(); };
  }
  function disconnect() {
    if (source) source.close();
    source = null;
    mark.hidden = true;
  }
  document.addEventListener("visibilitychange", () => document.hidden ? disconnect() : connect());
  for (const select of document.querySelectorAll("select[data-submit]")) {
    select.addEventListener("change", () => select.form.requestSubmit());
  }
  connect();
})();
