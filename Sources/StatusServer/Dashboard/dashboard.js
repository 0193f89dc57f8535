"use strict";

// Everything shown comes from /events: one JSON document a second, whole each time. Text goes in as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";
const RANGES = [["15 min", 15], ["1 h", 60], ["6 h", 360], ["24 h", 1440], ["7 d", 10080]];
const STORY_MAX = 200;
let minutes = 60;
let latest = null;
let previous = null;
let heardAt = 0;

const byID = id => document.getElementById(id);

function element(name, text, className) {
  const node = document.createElement(name);
  if (text !== undefined && text !== null) node.textContent = text;
  if (className) node.className = className;
  return node;
}

function shape(name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const key in attributes) node.setAttribute(key, attributes[key]);
  if (text !== undefined) node.textContent = text;
  return node;
}

const two = number => String(number).padStart(2, "0");

function moment(ms, withDay = true) {
  const text = new Date(ms).toISOString();
  return (withDay ? text.slice(5, 10) + " " : "") + text.slice(11, 19);
}

function length(ms) {
  if (ms <= 0) return "0 s";
  if (ms < 1000) return Math.round(ms) + " ms";
  const s = Math.floor(ms / 1000);
  if (s < 60) return s + " s";
  if (s < 3600) return Math.floor(s / 60) + " min " + two(s % 60) + " s";
  if (s < 86400) return Math.floor(s / 3600) + " h " + two(Math.floor(s / 60) % 60) + " min";
  return Math.floor(s / 86400) + " d " + Math.floor(s / 3600) % 24 + " h";
}

const count = number => number === null || number === undefined ? "–" : Math.round(number).toLocaleString("en");
const isUnsettled = gap => ["open", "closed", "scheduled", "running"].includes(gap.state);
const isLost = gap => gap.state === "unrecoverable" || gap.state === "partial";
const plural = (number, word) => number + " " + word + (number === 1 ? "" : "s");

function rows(id, list, empty, make) {
  const body = byID(id).tBodies[0];
  const lines = list.map(item => {
    const line = element("tr");
    line.append(...make(item));
    return line;
  });
  if (!lines.length) {
    const cell = element("td", empty, "empty");
    cell.colSpan = byID(id).tHead.rows[0].cells.length;
    const line = element("tr");
    line.append(cell);
    lines.push(line);
  }
  body.replaceChildren(...lines);
}

// What an operator must know first, the worst first.
function judge(now) {
  const bad = [], warn = [];
  for (const stream of now.streams) {
    const alive = stream.connections.filter(c => c.live);
    if (!alive.length) {
      bad.push("Nobody reads " + stream.stream + ": every second is a gap until a bridge returns.");
    } else if (alive.length < stream.connections.length) {
      const dead = stream.connections.filter(c => !c.live).map(c => c.name).join(", ");
      warn.push("Redundancy is lost on " + stream.stream + ": " + dead + " is silent, " + alive.map(c => c.name).join(", ")
        + " reads alone. The next failure is a gap.");
    } else if (alive.length === 1) {
      warn.push("Only one connection, " + alive[0].name + ", reads " + stream.stream + ": its next failure is a gap.");
    }
  }
  const unsettled = now.gaps.filter(isUnsettled);
  if (unsettled.length) {
    const missing = unsettled.reduce((sum, gap) => sum + gap.to - gap.from, 0);
    bad.push(plural(unsettled.length, "gap") + " of " + length(missing) + " in all; "
      + (now.leading ? "recovery asks for it as soon as the upstream allows." : "the leading coordinator takes care of it."));
  }
  const lost = now.gaps.filter(gap => isLost(gap) && gap.to > now.at - 86400000);
  if (lost.length) bad.push(plural(lost.length, "gap") + " of the last 24 h cannot be recovered any more.");
  if (now.unaccounted !== 0) bad.push(plural(now.unaccounted, "message") + " unaccounted for: a defect; /metrics of the roles tells which one.");
  const untrusted = now.census.filter(minute => !minute.valid).length;
  if (now.census.length && untrusted === now.census.length) warn.push("The delivery census cannot be trusted now.");
  return { bad, warn };
}

function headline(now) {
  const { bad, warn } = judge(now);
  const level = bad.length ? "bad" : warn.length ? "warn" : now.streams.length ? "good" : "wait";
  const text = {
    bad: "✕ " + (bad.length + warn.length === 1 ? "One thing needs" : bad.length + warn.length + " things need") + " attention",
    warn: "▲ Nothing is missing, but it could be",
    good: "✓ All is well: every connection reads, nothing is missing",
    wait: "… No bridge has ever connected",
  }[level];
  byID("headline").className = level;
  byID("verdict").textContent = text;
  byID("problems").replaceChildren(...[...bad, ...warn].map(problem => element("li", problem)));
  document.title = { bad: "✕", warn: "▲", good: "✓", wait: "…" }[level] + " decahose";
}

// Tweets a second of a connection, out of what its session counted since the document before.
function rate(stream, connection) {
  const session = connection.session;
  const before = previous?.streams.find(s => s.stream === stream.stream)?.connections
    .find(c => c.name === connection.name)?.session;
  if (session && before && before.id === session.id && session.updatedAt > before.updatedAt) {
    const fresh = (session.tweets - before.tweets) * 1000 / (session.updatedAt - before.updatedAt);
    session.rate = before.rate === undefined ? fresh : before.rate * 0.8 + fresh * 0.2;
  } else if (session && before && before.id === session.id) {
    session.rate = before.rate;
  }
  return connection.live ? session?.rate : undefined;
}

function figures(now) {
  const alive = now.streams.map(stream => stream.connections.filter(c => c.live).length);
  const list = [
    ["Redundancy", alive.length ? Math.min(...alive) + " of " + Math.max(...now.streams.map(s => s.connections.length)) : "–"],
    ["Live Tweets/s", count(now.liveTweetsPerSecond)],
    ["Behind", alive.length ? worstLag(now) : "–"],
    ["Gaps not settled", count(now.gaps.filter(gap => isUnsettled(gap) || gap.state === "filled").length)],
    ["Recovery limit/s", count(now.recoveryTweetsPerSecond)],
    ["Unaccounted", count(now.unaccounted)],
  ];
  byID("figures").replaceChildren(...list.map(([name, value]) => {
    const box = element("div");
    box.append(element("dt", name), element("dd", value));
    return box;
  }));
}

function worstLag(now) {
  const lags = now.streams.map(s => Math.min(...s.connections.filter(c => c.live && c.behind !== null).map(c => c.behind)));
  const worst = Math.max(...lags);
  return isFinite(worst) ? length(worst) : "–";
}

function connections(now) {
  const list = now.streams.flatMap(stream => stream.connections.map(connection => [stream, connection]));
  rows("connections", list, "No bridge has connected yet.", ([stream, connection]) => {
    const session = connection.session;
    const state = connection.live ? "reads" : session?.closed ? "closed: " + session.closed : "silent";
    const perSecond = rate(stream, connection);
    const cell = element("td", state, connection.live ? "good" : "bad");
    if (session?.detail) cell.title = session.detail;
    return [
      element("td", stream.stream), element("td", connection.name), cell,
      element("td", perSecond === undefined ? "–" : count(perSecond), "n"),
      element("td", connection.live && connection.behind !== null ? length(connection.behind) : "–", "n"),
      element("td", session ? moment(connection.live ? session.openedAt : session.updatedAt) : "–"),
    ];
  });
}

const clip = (intervals, from, to) => intervals
  .map(([a, b]) => [Math.max(a, from), Math.min(b, to)]).filter(([a, b]) => b > a);
const total = intervals => intervals.reduce((sum, [a, b]) => sum + b - a, 0);

function timelines(now) {
  const box = byID("timelines");
  const opened = new Set([...box.querySelectorAll("details[open]")].map(d => d.dataset.stream));
  const figures = now.streams.map(stream => {
    const figure = timeline(now, stream);
    const details = figure.querySelector("details");
    details.open = opened.has(stream.stream);
    return figure;
  });
  if (!figures.length) figures.push(element("p", "Nothing to show before a bridge has connected.", "note"));
  box.replaceChildren(...figures);
}

function timeline(now, stream) {
  const to = now.at, from = to - minutes * 60000;
  // Drawn at the width that there is, so that letters keep their size on a phone.
  const width = Math.max(300, byID("timelines").clientWidth), left = 76, top = 4, height = 20, step = 26;
  const x = ms => left + (ms - from) * (width - left) / (to - from);
  const lines = [
    ...stream.connections.map(c => ({ name: c.name, intervals: clip(c.covered, from, to), kind: "delivered" })),
    { name: "recovered", intervals: clip(stream.filled, from, to), kind: "recovered" },
    { name: "missing", intervals: clip(stream.missing, from, to), kind: "missing" },
  ];
  const judgedTo = Math.min(to, Math.max(from, stream.frontier));
  const start = Math.min(judgedTo, Math.max(from, stream.from));
  const missing = total(clip(stream.missing, from, to));
  const summary = "Of the last " + RANGES.find(r => r[1] === minutes)[0] + ": "
    + lines.slice(0, -2).map(line => line.name + " delivered " + share(total(clip(line.intervals, start, judgedTo)), judgedTo - start)).join(", ")
    + "; recovered " + length(total(lines.at(-2).intervals)) + "; missing " + length(missing) + ".";

  const svg = shape("svg", { viewBox: `0 0 ${width} ${top + lines.length * step + 18}`, role: "img", "aria-label": stream.stream + ". " + summary });
  svg.append(patterns());
  for (const ms of ticks(from, to, (width - left) / 70)) {
    svg.append(shape("line", { x1: x(ms), x2: x(ms), y1: top, y2: top + lines.length * step, class: "tick" }));
    svg.append(shape("text", { x: x(ms), y: top + lines.length * step + 13, "text-anchor": "middle" },
      minutes > 1440 ? moment(ms).slice(0, 5) : moment(ms, false).slice(0, 5)));
  }
  lines.forEach((line, index) => {
    const y = top + index * step;
    svg.append(shape("text", { x: left - 8, y: y + 15, "text-anchor": "end" }, line.name));
    svg.append(shape("rect", { x: left, y, width: width - left, height, class: "track" }));
    if (line.kind === "delivered") {
      svg.append(shape("rect", { x: x(judgedTo), y, width: width - x(judgedTo), height, fill: "url(#pending)" }));
    }
    for (const [a, b] of line.intervals) {
      const bar = shape("rect", line.kind === "delivered"
        ? { x: x(a), y: y + 3, width: Math.max(1, x(b) - x(a)), height: height - 6, class: "delivered-bar" }
        : { x: x(a), y: y + 3, width: Math.max(3, x(b) - x(a)), height: height - 6, fill: `url(#${line.kind})`, stroke: line.kind === "missing" ? "var(--bad)" : "var(--warn)" });
      bar.append(shape("title", {}, line.name + " " + moment(a) + " – " + moment(b) + " (" + length(b - a) + ")"));
      svg.append(bar);
    }
  });

  const figure = element("figure");
  figure.append(element("figcaption", stream.stream), svg, element("p", summary, "note"));
  const details = element("details");
  details.dataset.stream = stream.stream;
  details.append(element("summary", "As text"));
  const list = element("ul");
  for (const line of lines) {
    if (!line.intervals.length) list.append(element("li", line.name + ": nothing"));
    for (const [a, b] of line.intervals.slice(-50)) {
      list.append(element("li", line.name + ": " + moment(a) + " – " + moment(b) + " (" + length(b - a) + ")"));
    }
  }
  details.append(list);
  figure.append(details);
  return figure;
}

// Never rounded up to the whole.
const share = (part, whole) => whole <= 0 ? "–" : (Math.floor(part / whole * 10000) / 100).toFixed(2) + " %";

function patterns() {
  const defs = shape("defs", {});
  const hatch = (id, size, angle, stroke, weight) => {
    const pattern = shape("pattern", { id, width: size, height: size, patternUnits: "userSpaceOnUse", patternTransform: `rotate(${angle})` });
    const line = shape("line", { x1: 0, y1: 0, x2: 0, y2: size, "stroke-width": weight });
    line.style.stroke = stroke;
    pattern.append(line);
    return pattern;
  };
  defs.append(
    hatch("recovered", 6, 45, "var(--warn)", 7), hatch("missing", 4, -45, "var(--bad)", 4), hatch("pending", 4, 0, "var(--pending)", 1.5));
  return defs;
}

function ticks(from, to, most) {
  const step = [1, 5, 10, 15, 30, 60, 120, 240, 480, 1440, 2880].find(m => (to - from) / (m * 60000) <= most) * 60000;
  const list = [];
  for (let ms = Math.ceil(from / step) * step; ms < to; ms += step) list.push(ms);
  return list;
}

function gaps(now) {
  const list = [...now.gaps].sort((a, b) => isUnsettled(b) - isUnsettled(a) || b.from - a.from);
  rows("gaps", list, "None: nothing was ever missing.", gap => {
    const className = isUnsettled(gap) || isLost(gap) ? "bad" : gap.state === "filled" ? "wait" : "good";
    const row = [
      element("td", gap.stream), element("td", moment(gap.from)), element("td", length(gap.to - gap.from)),
      element("td", gap.state, className), element("td", gap.source), element("td", count(gap.received), "n"),
      element("td", count(gap.emitted), "n"), element("td", gap.deletes), element("td", gap.reason ?? "", "why"),
    ];
    return row;
  });
}

function jobs(now) {
  rows("jobs", [...now.jobs].reverse(), "None: there was nothing to ask for.", job => {
    const bar = element("progress");
    bar.max = 1;
    bar.value = job.progress;
    const cell = element("td");
    cell.append(bar, " " + Math.floor(job.progress * 100) + " %");
    const left = job.secondsLeft === undefined ? "–" : length(job.secondsLeft * 1000);
    const className = job.state === "completed" ? "good" : job.state === "failed" ? "bad" : job.state === "cancelled" ? "warn" : "wait";
    const first = element("td", moment(job.from) + " – " + moment(job.to, false));
    first.title = job.id;
    return [
      first, element("td", job.stream), element("td", job.state, className), cell, element("td", left),
      element("td", count(job.attempts), "n"), element("td", count(job.received), "n"), element("td", job.error ?? "", "why"),
    ];
  });
}

function census(now) {
  rows("census", [...now.census].reverse(), "No minute has settled yet.", minute => {
    const sets = Object.entries(minute.by).sort();
    const widest = Math.max(0, ...sets.map(([name]) => name.split("+").length));
    const sum = sets.reduce((all, [, n]) => all + n, 0);
    const stack = element("span", null, "stack");
    for (const [name, n] of sets) {
      const part = element("i", null, name.split("+").length === widest ? "all" : "some");
      part.style.width = (sum ? n * 100 / sum : 0) + "%";
      part.title = name + ": " + count(n);
      stack.append(part);
    }
    const cell = element("td");
    cell.append(stack);
    const trusted = element("td", minute.valid ? "yes" : "no" + (minute.reason ? ": " + minute.reason : ""), minute.valid ? "good" : "warn");
    return [
      element("td", moment(minute.minute).slice(0, 11)), element("td", minute.stream), cell,
      element("td", sets.map(([name, n]) => name + " " + count(n)).join(", ") || "–"),
      element("td", count(minute.recovered), "n"), trusted,
    ];
  });
}

// What changed from one document to the next, in words.
function changes(before, now) {
  const lines = [];
  const connection = (document, stream, name) =>
    document.streams.find(s => s.stream === stream)?.connections.find(c => c.name === name);
  for (const stream of now.streams) {
    for (const { name, live } of stream.connections) {
      const was = connection(before, stream.stream, name)?.live ?? false;
      if (live && !was) lines.push("connection " + name + " reads " + stream.stream);
      if (!live && was) lines.push("connection " + name + " of " + stream.stream + " fell silent");
    }
  }
  for (const gap of now.gaps) {
    const was = before.gaps.find(g => g.id === gap.id);
    if (was?.state !== gap.state) lines.push("gap " + gap.stream + " " + moment(gap.from) + " is " + gap.state);
  }
  for (const job of now.jobs) {
    const was = before.jobs.find(j => j.id === job.id);
    if (was?.state !== job.state) lines.push("job " + job.stream + " " + moment(job.from) + " is " + job.state);
  }
  if (before.leading !== now.leading) lines.push(now.leading ? "this coordinator leads now" : "this coordinator stands by now");
  return lines;
}

function tell(lines, at) {
  const story = byID("story");
  for (const line of lines) story.prepend(element("li", moment(at, false) + "  " + line));
  while (story.childElementCount > STORY_MAX) story.lastElementChild.remove();
}

function show(now) {
  // A coordinator that has only just started has looked at nothing yet.
  if (now.at === 0) return;
  heardAt = Date.now();
  if (latest) tell(changes(latest, now), now.at);
  previous = latest;
  latest = now;
  byID("role").textContent = now.leading ? "coordinator, leads" : "coordinator, stands by: another one leads";
  byID("at").textContent = moment(now.at);
  headline(now);
  figures(now);
  connections(now);
  timelines(now);
  gaps(now);
  jobs(now);
  census(now);
}

function silence() {
  if (!heardAt || Date.now() - heardAt < 5000) return;
  byID("headline").className = "bad";
  byID("verdict").textContent = "✕ No answer from the coordinator for " + length(Date.now() - heardAt);
  byID("problems").replaceChildren(element("li", "What stands below is old. The page tries again by itself; so do bridges and dedup, which do not need the coordinator."));
  document.title = "✕ decahose";
}

function chooseRange() {
  byID("ranges").replaceChildren(...RANGES.map(([name, value]) => {
    const button = element("button", name);
    button.type = "button";
    button.setAttribute("aria-pressed", value === minutes);
    button.addEventListener("click", () => {
      minutes = value;
      chooseRange();
      if (latest) timelines(latest);
    });
    return button;
  }));
}

// Gaps and jobs come in the form of /gaps and /jobs, with times as texts.
function told(now) {
  const sum = (jobs, name) => jobs.every(job => job[name] === null) ? null : jobs.reduce((all, job) => all + job[name], 0);
  const times = item => Object.assign(item, { from: Date.parse(item.from), to: Date.parse(item.to) });
  const stream = (item) => item.stream + (item.partition === undefined ? "" : "/" + item.partition);
  now.gaps = now.gaps.map(gap => Object.assign(times(gap), {
    stream: stream(gap), received: sum(gap.jobs, "received") ?? 0, emitted: sum(gap.jobs, "emitted"),
  }));
  now.jobs = now.jobs.map(job => Object.assign(times(job), { stream: stream(job) }));
  return now;
}

chooseRange();
const events = new EventSource("events");
events.addEventListener("message", event => show(told(JSON.parse(event.data))));
setInterval(silence, 1000);
addEventListener("resize", () => { if (latest) timelines(latest); });
