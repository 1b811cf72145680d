// The book's search, in place of Sphinx's index of words (search.py says why). A query is looked
// for as it was typed, then with each term's other names; only then word by word.
(() => {
  "use strict";
  const SPAN = 150; // characters of an excerpt, twice as wide in Latin letters
  const A_PAGE = 3, IN_ALL = 30; // results
  const HAN = /[\u4e00-\u9fff]/;
  // Chinese words that ask or join, and name nothing.
  const JOINTS = /为什么|什么|怎么|怎样|如何|多少|哪些|[的和与及是在吗呢]/;

  // Equal for the search, and one character for one: places in the text stay where they are.
  const fold = (text) => text.toLowerCase().replace(/×|(?<=\d)\*(?=\d)/g, "x").replace(/[-‐–\s]/g, " ");

  // The book sets a space between Chinese and Latin, and few readers type it: 1×1卷积.
  const spaced = (query) => query.replace(/[a-z0-9](?=[\u4e00-\u9fff])|[\u4e00-\u9fff](?=[a-z0-9])/g, "$& ");

  // From the start of a word; its end is free, or else a plural at most.
  function pattern(phrase, whole = false) {
    const body = _escapeRegExp(phrase);
    const before = /^[a-z0-9]/.test(phrase) ? "(?<![a-z0-9])" : "";
    const after = whole && /[a-z0-9]$/.test(phrase) ? "(?:e?s)?(?![a-z0-9])" : "";
    return new RegExp(before + body + after, "g");
  }

  // What else a query may mean: [phrase, weight], the query itself first.
  function readings(query) {
    const heard = [];
    for (const names of Search.book.terms) {
      const folded = names.map(fold);
      const said = folded.filter((name) => pattern(name, true).test(query))
        .sort((a, b) => b.length - a.length)[0];
      if (said) heard.push({ said, folded });
    }
    // 转置卷积 speaks of one term, not of 卷积 as well.
    const terms = heard.filter(({ said }) =>
      !heard.some((other) => other.said !== said && other.said.includes(said)));
    const all = [[query, 1]];
    for (const { said, folded } of terms) {
      folded.forEach((name, at) => {
        if (!said.includes(name)) all.push([query.replace(pattern(said, true), () => name), at ? 0.5 : 0.9]);
      });
    }
    return all.map(([phrase, weight]) => ({
      phrase, weight, whole: pattern(phrase), words: patterns(phrase), said: terms.map(({ said }) => said) }));
  }

  // A phrase's words, each as a pattern: Latin ones by their stem, Chinese in pairs of characters.
  function patterns(phrase) {
    const stemmer = new Stemmer();
    return (phrase.match(/[\u4e00-\u9fff]+|[\p{L}\p{N}_.]+/gu) ?? []).flatMap((run) => {
      if (HAN.test(run)) {
        return run.split(JOINTS).filter(Boolean).flatMap((part) => part.length === 1 ? [pattern(part)]
          : Array.from({ length: part.length - 1 }, (_, i) => pattern(part.slice(i, i + 2))));
      }
      if (stopwords.includes(run)) return [];
      const stem = stemmer.stemWord(run);
      return [run.startsWith(stem) ? pattern(stem) : pattern(run)];
    });
  }

  const holds = (text, regexp) => text.search(regexp) >= 0;

  // How well an entry answers one reading, and what to show of it: null where it does not.
  function answer(entry, { phrase, weight, whole, words, said }) {
    const { title, text, names } = entry.folded ??= {
      title: fold(entry.title), text: fold(entry.text), names: (entry.names ?? []).map(fold) };
    let score = 0, marks = [whole];
    if (names.includes(phrase)) score = 100;
    else if (said.some((name) => names.includes(name))) score = 30;
    for (const name of names) if (holds(name, whole)) score = Math.max(score, 4 + 36 * phrase.length / name.length);
    if (holds(title, whole)) score = Math.max(score, 20 + 20 * phrase.length / title.length);
    const times = text.match(whole)?.length ?? 0;
    if (times) score += 8 + Math.min(times, 6);
    if (!score && words.length && words.every((word) => holds(title + " " + text, word))) {
      score = 3;
      marks = words;
    }
    return score && { entry, marks, score: score * weight };
  }

  function find(query) {
    const asked = readings(spaced(fold(query).trim())), onPage = new Map();
    return Search.book.entries
      .map((entry) => asked.map((reading) => answer(entry, reading))
        .reduce((best, next) => next && (!best || next.score > best.score) ? next : best, null))
      .filter(Boolean)
      .sort((a, b) => b.score - a.score)
      .filter(({ entry }) => {
        const count = (onPage.get(entry.page) ?? 0) + 1;
        onPage.set(entry.page, count);
        return count <= A_PAGE;
      })
      .slice(0, IN_ALL);
  }

  // The prose around the first match, cut between words, with all matches marked.
  function excerpt({ text }, marks) {
    const folded = fold(text), all = new RegExp(marks.map((one) => one.source).join("|"), "g");
    const at = Math.max(folded.search(all), 0), span = HAN.test(text) ? SPAN / 2 : SPAN;
    let start = Math.max(at - span, 0), end = Math.min(at + span, text.length);
    if (start > 0) start += Math.max(text.slice(start, at).search(/[\s，。；：！？]/) + 1, 0);
    while (end < text.length && /[\w-]/.test(text[end]) && /[\w-]/.test(text[end - 1])) end--;
    const line = document.createElement("p");
    line.className = "context";
    line.append(start ? "…" : "");
    let from = start;
    for (const match of folded.slice(0, end).matchAll(all)) {
      if (match.index < from) continue;
      line.append(text.slice(from, match.index), mark(text.substr(match.index, match[0].length)));
      from = match.index + match[0].length;
    }
    line.append(text.slice(from, Math.max(end, from)), end < text.length ? "…" : "");
    return line;
  }

  function mark(text) {
    const span = document.createElement("span");
    span.className = "highlighted";
    span.textContent = text;
    return span;
  }

  function show({ entry, marks, score }) {
    const link = document.createElement("a"), page = Search.book.titles[entry.page];
    link.href = entry.page + DOCUMENTATION_OPTIONS.LINK_SUFFIX + (entry.anchor && `#${entry.anchor}`);
    link.textContent = entry.anchor ? `${page} › ${entry.title}` : page;
    link.dataset.score = score.toFixed(1);
    const item = document.createElement("li");
    item.append(link, excerpt(entry, marks));
    return item;
  }

  Search.query = (query) => {
    const found = find(query);
    document.getElementById("search-progress")?.replaceChildren();
    Search.output.replaceChildren(...found.map(show));
    _finishSearch(new Set(found.map(({ entry }) => entry.page)).size);
  };
})();
