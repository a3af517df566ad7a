// Opens pages of a report in Chromium and says everything that is wrong with them, one line of JSON for each fault.
//
//   node look.mjs CHROMIUM DIRECTORY SHOTS|- PAGE...
//
// It speaks the DevTools protocol over a pipe (--remote-debugging-pipe), so that no library is needed but axe-core.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [chromium, directory, shots, ...pages] = process.argv.slice(2);
const axe = readFileSync(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const profile = mkdtempSync(join(tmpdir(), "portcullis-browser-"));
const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", `--user-data-dir=${profile}`, "about:blank"];
const browser = spawn(chromium, flags, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
const [toBrowser, fromBrowser] = [browser.stdio[3], browser.stdio[4]];

let last = 0;
let rest = "";
const waiting = new Map();
const listeners = new Set();
fromBrowser.on("data", (data) => {
  const messages = (rest + data).split("\0");
  rest = messages.pop();
  for (const message of messages.map((text) => JSON.parse(text))) {
    if (message.id) {
      waiting.get(message.id)?.(message);
      waiting.delete(message.id);
    } else {
      for (const listener of listeners) listener(message);
    }
  }
});

function send(method, params = {}, sessionId = undefined) {
  const id = ++last;
  toBrowser.write(JSON.stringify({ id, method, params, sessionId }) + "\0");
  return new Promise((resolve, reject) => {
    waiting.set(id, (answer) => (answer.error ? reject(new Error(`${method}: ${answer.error.message}`)) : resolve(answer.result)));
  });
}

let faults = 0;
function fault(page, view, what) {
  faults += 1;
  console.log(JSON.stringify({ page, view, what }));
}

async function open(page, { width, scheme, script = true }) {
  const view = `${width} ${scheme}${script ? "" : " without script"}`;
  const { targetId } = await send("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await send("Target.attachToTarget", { targetId, flatten: true });
  const call = (method, params) => send(method, params, sessionId);
  const url = `file://${directory}/${page}`;
  let loaded;
  const whenLoaded = new Promise((resolve) => (loaded = resolve));
  const listener = ({ method, params, sessionId: of }) => {
    if (of !== sessionId) return;
    if (method === "Page.loadEventFired") loaded();
    if (method === "Runtime.exceptionThrown") fault(page, view, `exception: ${params.exceptionDetails.text}`);
    if (method === "Runtime.consoleAPICalled") fault(page, view, `console: ${JSON.stringify(params.args)}`);
    if (method === "Log.entryAdded") fault(page, view, `log: ${params.entry.text}`);
    if (method === "Network.requestWillBeSent" && params.request.url !== url) fault(page, view, `request: ${params.request.url}`);
  };
  listeners.add(listener);
  for (const domain of ["Page", "Runtime", "Log", "Network"]) await call(`${domain}.enable`);
  await call("Emulation.setDeviceMetricsOverride", { width, height: 900, deviceScaleFactor: 1, mobile: false });
  await call("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
  if (!script) await call("Emulation.setScriptExecutionDisabled", { value: true });
  await call("Page.navigate", { url });
  await whenLoaded;
  const evaluate = async (expression) => {
    const answer = await call("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (answer.exceptionDetails) throw new Error(answer.exceptionDetails.exception?.description ?? answer.exceptionDetails.text);
    return answer.result.value;
  };
  const close = async () => {
    listeners.delete(listener);
    await send("Target.closeTarget", { targetId });
  };
  return { page, view, call, evaluate, close };
}

const MAIN_TEXT = `(() => {
  const main = document.querySelector("main").cloneNode(true);
  main.querySelectorAll(".search").forEach((search) => search.remove());
  return main.textContent;
})()`;

async function checkAccessibility({ page, view, evaluate }) {
  await evaluate(axe + "; 0");
  const found = await evaluate(`axe.run().then((r) => r.violations.map((v) => [v.impact, v.id, v.nodes[0].html.slice(0, 160)]))`);
  for (const [impact, id, html] of found) {
    if (impact === "serious" || impact === "critical") fault(page, view, `${impact}: ${id} at ${html}`);
  }
}

async function checkShape({ page, view, evaluate }) {
  const over = await evaluate("document.documentElement.scrollWidth - window.innerWidth");
  if (over > 0) fault(page, view, `the page is ${over} pixels wider than the window`);
  const headings = await evaluate(`[...document.querySelectorAll("h1")].length`);
  if (headings !== 1) fault(page, view, `${headings} headings of the first level`);
}

async function checkKeyboard({ page, view, call, evaluate }) {
  for (const type of ["keyDown", "keyUp"]) await call("Input.dispatchKeyEvent", { type, key: "Tab", code: "Tab", windowsVirtualKeyCode: 9 });
  const first = await evaluate("document.activeElement.className");
  if (first !== "skip") fault(page, view, `the first stop of the keyboard is ${first}, not the link that skips to the content`);
}

async function checkFilter({ page, view, evaluate }) {
  const shown = await evaluate(`(() => {
    const input = document.querySelector(".search input");
    if (!input) return null;
    const rows = input.closest(".search").nextElementSibling.querySelectorAll("tbody tr");
    input.value = "no row has this text";
    input.dispatchEvent(new Event("input"));
    const none = [...rows].every((row) => row.hidden);
    input.value = "";
    input.dispatchEvent(new Event("input"));
    return none && [...rows].every((row) => !row.hidden);
  })()`);
  if (shown === false) fault(page, view, "the filter does not filter");
}

async function save({ page, view, call }) {
  if (shots === "-") return;
  const name = join(shots, `${page}-${view}`.replace(/\W+/g, "-"));
  const { cssContentSize: size } = await call("Page.getLayoutMetrics");
  const clip = { x: 0, y: 0, width: size.width, height: Math.min(size.height, 12000), scale: 1 };
  const { data } = await call("Page.captureScreenshot", { format: "png", captureBeyondViewport: true, clip });
  writeFileSync(`${name}.png`, Buffer.from(data, "base64"));
}

async function print({ page, view, call }) {
  for (const [paper, paperWidth, paperHeight] of [["A4", 8.27, 11.69], ["Letter", 8.5, 11]]) {
    const { data } = await call("Page.printToPDF", { printBackground: true, paperWidth, paperHeight });
    const pdf = Buffer.from(data, "base64");
    if (pdf.length < 5000) fault(page, view, `prints nothing on ${paper}`);
    if (shots !== "-") writeFileSync(join(shots, `${page.replace(/\W+/g, "-")}-${paper}.pdf`), pdf);
  }
}

try {
  for (const page of pages) {
    let text;
    for (const width of [360, 1280]) {
      for (const scheme of ["light", "dark"]) {
        const tab = await open(page, { width, scheme });
        text = await tab.evaluate(MAIN_TEXT);
        await checkShape(tab);
        await save(tab);
        await checkKeyboard(tab);
        await checkFilter(tab);
        await checkAccessibility(tab);
        if (width === 1280 && scheme === "light") await print(tab);
        await tab.close();
      }
    }
    const plain = await open(page, { width: 1280, scheme: "light", script: false });
    if ((await plain.evaluate(MAIN_TEXT)) !== text) fault(page, plain.view, "shows something else without script");
    await plain.close();
  }
} finally {
  const ended = new Promise((resolve) => browser.once("exit", resolve));
  await Promise.race([send("Browser.close"), ended]).catch(() => browser.kill());
  await ended;
  rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}
process.exitCode = faults ? 1 : 0;
