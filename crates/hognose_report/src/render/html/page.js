
"use strict";
// Runs in the head: the theme is set before anything is drawn, the rest waits for the document.
(() => {
  const root = document.documentElement;
  root.classList.add("scripted");
  // Where storing is forbidden the choice lasts as long as the page.
  const store = (value) => {
    try {
      if (value === undefined) return localStorage.getItem("hognose-theme");
      localStorage.setItem("hognose-theme", value);
    } catch {}
    return null;
  };
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const theme = () => root.dataset.theme || (prefersDark.matches ? "dark" : "light");
  const stored = store();
  if (stored === "dark" || stored === "light") root.dataset.theme = stored;

  document.addEventListener("DOMContentLoaded", () => {
    const id = (name) => document.getElementById(name);
    const list = id("list");
    const rows = [...list.querySelectorAll(".finding")];
    const form = id("filter-form");
    const search = id("search");
    const path = id("path");
    const drawer = id("drawer");
    const fieldsets = [...form.querySelectorAll("fieldset")];
    const tiles = [...document.querySelectorAll("[data-tile]")];
    const boxes = (name) => [...form.querySelectorAll(`[data-filter="${name}"] input`)];
    const severities = ["critical", "high", "medium", "low"];
    const number = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

    // Theme

    const showTheme = () => { id("theme").textContent = theme() === "dark" ? "Light" : "Dark"; };
    id("theme").addEventListener("click", () => {
      root.dataset.theme = theme() === "dark" ? "light" : "dark";
      store(root.dataset.theme);
      showTheme();
    });
    prefersDark.addEventListener("change", showTheme);
    showTheme();

    // Groups

    const groupOf = {
      file: (row) => row.dataset.path,
      rule: (row) => row.dataset.rule,
      severity: (row) => row.dataset.severity,
    };
    const group = (by) => {
      root.dataset.group = by;
      const groups = new Map();
      for (const row of rows) {
        const key = groupOf[by](row);
        if (!groups.has(key)) groups.set(key, []);
        groups.get(key).push(row);
      }
      const entries = [...groups];
      if (by !== "file") {
        const rank = ([, members]) =>
          Math.min(...members.map((row) => (row.dataset.status === "open" ? 0 : 9) + severities.indexOf(row.dataset.severity)));
        entries.sort((a, b) => rank(a) - rank(b) || (a[0] < b[0] ? -1 : 1));
      }
      const all = document.createDocumentFragment();
      for (const [key, members] of entries) {
        const section = document.createElement("section");
        section.className = "group";
        const title = document.createElement("h3");
        const name = document.createElement("span");
        name.className = "name";
        name.textContent = key;
        const count = document.createElement("span");
        count.className = "count";
        title.append(name, " ", count);
        section.append(title, ...members);
        all.append(section);
      }
      list.replaceChildren(all);
      apply();
    };

    // Filters

    const texts = new Map();
    const textOf = (row) => {
      let text = texts.get(row);
      if (text === undefined) {
        text = row.textContent.toLowerCase();
        texts.set(row, text);
      }
      return text;
    };
    const pathTest = () => {
      const wanted = path.value.trim().toLowerCase();
      if (!wanted.includes("*")) return (text) => text.includes(wanted);
      const parts = wanted.split("*").map((part) => part.replace(/[\\^$.+?()[\]{}|/-]/g, "\\$&"));
      const pattern = new RegExp(`(^|/)${parts.join(".*")}$`);
      return (text) => pattern.test(text);
    };
    const chosen = (name) => new Set(boxes(name).filter((box) => box.checked).map((box) => box.value));
    const apply = () => {
      if (!rows.length) {
        id("shown").hidden = true;
        return;
      }
      const sets = fieldsets.map((set) => [set.dataset.filter, chosen(set.dataset.filter)]);
      const inPath = pathTest();
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of rows) {
        const data = row.dataset;
        row.hidden = !(
          sets.every(([name, set]) => set.has(data[name])) &&
          inPath(data.path.toLowerCase()) &&
          (!words.length || words.every((word) => textOf(row).includes(word)))
        );
        if (!row.hidden) shown += 1;
      }
      for (const section of list.children) {
        const count = section.querySelectorAll(".finding:not([hidden])").length;
        section.hidden = !count;
        section.querySelector(".count").textContent = count.toLocaleString("en");
      }
      id("nothing").hidden = shown > 0;
      id("shown").textContent =
        shown === rows.length ? `All ${number(shown, "finding")}` : `${shown.toLocaleString("en")} of ${number(rows.length, "finding")}`;
      showTiles();
      showFold();
    };
    const only = (name, value) => boxes(name).forEach((box) => { box.checked = value === null || box.value === value; });
    const usual = () => {
      search.value = "";
      apply();
    };
    const reset = () => {
      form.reset();
      usual();
    };
    let waiting;
    const soon = () => {
      clearTimeout(waiting);
      waiting = setTimeout(apply, 80);
    };
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", apply);
    // The fields have their first values only after the event.
    form.addEventListener("reset", () => setTimeout(usual));
    id("reset").addEventListener("click", reset);
    path.addEventListener("input", soon);
    search.addEventListener("input", soon);
    id("group").addEventListener("change", (event) => group(event.target.value));
    for (const set of fieldsets) {
      for (const box of set.querySelectorAll("input")) {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "only";
        button.textContent = "only";
        button.setAttribute("aria-label", `only ${box.value}`);
        // A second time brings the others back.
        button.addEventListener("click", (event) => {
          event.preventDefault();
          const name = set.dataset.filter;
          const alone = box.checked && boxes(name).every((other) => other === box || !other.checked);
          only(name, alone ? null : box.value);
          apply();
        });
        box.parentElement.after(button);
      }
    }

    // Tiles: a severity shows what is open of it, a status all that has it; a second time shows the usual again.

    const isPressed = (tile) => {
      const word = tile.dataset.tile;
      const is = (name, value) => {
        const set = chosen(name);
        return set.size === 1 && set.has(value);
      };
      return severities.includes(word) ? is("severity", word) && is("status", "open") : is("status", word);
    };
    const showTiles = () => tiles.forEach((tile) => tile.setAttribute("aria-pressed", String(isPressed(tile))));
    for (const tile of tiles) {
      tile.disabled = !rows.length;
      tile.addEventListener("click", () => {
        const word = tile.dataset.tile;
        const pressed = isPressed(tile);
        only("severity", null);
        only("status", "open");
        if (!pressed) only(severities.includes(word) ? "severity" : "status", word);
        apply();
        id("findings").scrollIntoView();
      });
    }

    // Folding

    const visible = () => [...list.querySelectorAll(".finding:not([hidden])")];
    const showFold = () => {
      const open = visible();
      id("unfold").textContent = open.length && open.every((row) => row.open) ? "Fold all" : "Unfold all";
    };
    let folding;
    const foldAll = () => {
      const shown = visible();
      const open = !shown.every((row) => row.open);
      shown.forEach((row) => { row.open = open; });
      showFold();
    };
    id("unfold").addEventListener("click", foldAll);

    // Pages of rules stand at the end of the document; asked for, one moves into the drawer until that is closed.

    const pages = [...document.querySelectorAll(".rule")];
    pages.forEach((page) => { page.open = false; });
    const pageOf = (link) => id(link.hash.slice(1));
    let place = null;
    const openPage = (page) => {
      if (!page || !page.classList.contains("rule") || drawer.open) return;
      place = document.createComment("");
      page.replaceWith(place);
      drawer.lastElementChild.replaceChildren(page);
      page.open = true;
      drawer.showModal();
      drawer.scrollTop = 0;
    };
    drawer.addEventListener("close", () => {
      const page = drawer.lastElementChild.firstElementChild;
      if (!page) return;
      page.open = false;
      place.replaceWith(page);
    });
    document.addEventListener("click", (event) => {
      const link = event.target.closest("a.page");
      if (link) {
        event.preventDefault();
        openPage(pageOf(link));
      } else if (event.target.closest("[data-close]") || event.target.tagName === "DIALOG") {
        event.target.closest("dialog").close();
      }
    });

    // Links to a finding work whatever is filtered

    const goTo = () => {
      const target = id(location.hash.slice(1));
      if (!target) return;
      if (target.classList.contains("rule")) target.open = true;
      if (!target.classList.contains("finding")) return;
      if (target.hidden) {
        reset();
        if (target.hidden) {
          only("status", null);
          apply();
        }
      }
      target.open = true;
      target.scrollIntoView();
      target.firstElementChild.focus({ preventScroll: true });
    };
    addEventListener("hashchange", goTo);

    // Keys

    let current = null;
    const step = (by) => {
      const shown = visible();
      if (!shown.length) return;
      const active = document.activeElement && document.activeElement.closest(".finding");
      const at = shown.indexOf(active || current);
      const next = shown[Math.max(0, Math.min(shown.length - 1, at < 0 ? 0 : at + by))];
      next.firstElementChild.focus({ preventScroll: true });
      next.firstElementChild.scrollIntoView({ block: "nearest" });
    };
    list.addEventListener("focusin", (event) => { current = event.target.closest(".finding"); });
    const keys = {
      j: () => step(1),
      k: () => step(-1),
      x: foldAll,
      r: () => {
        const row = document.activeElement.closest(".finding") || current;
        if (row) openPage(pageOf(row.querySelector("a.page")));
      },
      g: () => {
        const select = id("group");
        select.selectedIndex = (select.selectedIndex + 1) % select.options.length;
        group(select.value);
      },
      "/": () => {
        search.focus();
        search.select();
      },
      "?": () => id("help").showModal(),
    };
    id("help-button").addEventListener("click", keys["?"]);
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
      const target = event.target;
      if (target.matches("input[type=text], input[type=search], select")) {
        if (event.key === "Escape") target.blur();
        if (target === search && (event.key === "Enter" || event.key === "ArrowDown")) {
          event.preventDefault();
          apply();
          current = null;
          step(0);
        }
        return;
      }
      // Elsewhere the arrows scroll, as everywhere.
      const arrow = target.matches(".finding > summary") && { ArrowDown: "j", ArrowUp: "k" }[event.key];
      const key = arrow || event.key;
      if (Object.hasOwn(keys, key)) {
        event.preventDefault();
        keys[key]();
      }
    });

    // Colours of code, given to what is unfolded and without touching the document, where the browser can

    const colours = {};
    if (globalThis.CSS && CSS.highlights && globalThis.Highlight) {
      for (const name of ["keyword", "string", "comment", "number"]) {
        colours[name] = new Highlight();
        CSS.highlights.set(name, colours[name]);
      }
    }
    const token =
      /(?<comment>#.*)|(?<string>\b[rbfut]{0,2}("""|'''|"|').*?(?:(?<!\\)(?:\\\\)*\3|$)|(?<![\w\])])("""|'''|"|').*?(?:(?<!\\)(?:\\\\)*\4|$))|\b(?<keyword>False|None|True|and|as|assert|async|await|break|case|class|continue|def|del|elif|else|except|finally|for|from|global|if|import|in|is|lambda|match|nonlocal|not|or|pass|raise|return|try|while|with|yield)\b|\b(?<number>\d[\w.]*)/g;
    const range = (line, from, to) => {
      const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
      const out = new Range();
      let at = 0;
      let started = false;
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const end = at + node.length;
        if (!started && from < end) {
          out.setStart(node, from - at);
          started = true;
        }
        if (started && to <= end) {
          out.setEnd(node, to - at);
          return out;
        }
        at = end;
      }
      return out;
    };
    const colour = (element) => {
      for (const line of element.querySelectorAll(".py .l:not(.fold)")) {
        for (const match of line.textContent.matchAll(token)) {
          const name = Object.keys(colours).find((key) => match.groups[key] !== undefined);
          colours[name].add(range(line, match.index, match.index + match[0].length));
        }
      }
    };
    // Unfolding two thousand at once must not wait for what nobody sees yet.
    const near = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (entry.isIntersecting && entry.target.closest("details").open) {
          near.unobserve(entry.target);
          if (colours.keyword) colour(entry.target);
          // What scrolls must be reachable without a mouse.
          for (const code of entry.target.querySelectorAll(".code")) {
            if (code.scrollWidth > code.clientWidth) code.tabIndex = 0;
          }
        }
      }
    }, { rootMargin: "300px" });
    document.querySelectorAll(".body").forEach((body) => near.observe(body));
    list.addEventListener("toggle", () => {
      clearTimeout(folding);
      folding = setTimeout(showFold, 50);
    }, true);

    // On paper everything that is shown is unfolded

    let folded = [];
    addEventListener("beforeprint", () => {
      folded = [...visible(), ...pages].filter((row) => !row.open);
      folded.forEach((row) => { row.open = true; });
    });
    addEventListener("afterprint", () => folded.forEach((row) => { row.open = false; }));

    if (matchMedia("(max-width: 56rem)").matches) id("filters").open = false;
    apply();
    goTo();
  });
})();
