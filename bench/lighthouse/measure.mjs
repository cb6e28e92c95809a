// Measures pages with Lighthouse: asks on standard input, answers one JSON line a page.
//
//   [{"title": "queue", "url": "http://…", "session": "…", "form": "desktop"}, …]
//
// Each page is measured RUNS times; the run with the median performance is told.
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";
import desktop from "lighthouse/core/config/desktop-config.js";
import { connect } from "puppeteer-core";

const RUNS = Number(process.env.RUNS ?? 3);
// A busy machine may miss the beginning of a page; then it is opened again.
const ATTEMPTS = 3;
const CATEGORIES = ["performance", "accessibility", "best-practices", "seo"];
const asked = JSON.parse((await process.stdin.toArray()).join(""));
const chrome = await launch({
  chromePath: process.env.CHROME_PATH,
  chromeFlags: ["--headless=new", ...JSON.parse(process.env.CHROME_FLAGS)],
});
const browser = await connect({ browserURL: `http://127.0.0.1:${chrome.port}` });

async function become({ url, session }) {
  await browser.deleteCookie(...(await browser.cookies()));
  const { hostname: domain } = new URL(url);
  if (session) await browser.setCookie({ name: "sessionid", value: session, domain, path: "/" });
}

async function run(page, attempts = ATTEMPTS) {
  const { url, form } = page;
  await become(page);
  const options = { port: chrome.port, output: "json", onlyCategories: CATEGORIES };
  const { lhr } = await lighthouse(url, options, form === "desktop" ? desktop : undefined);
  if (!lhr.runtimeError && lhr.finalDisplayedUrl !== url) {
    throw new Error(`${url} led to ${lhr.finalDisplayedUrl}`);
  }
  if (!lhr.runtimeError) return lhr;
  if (attempts === 1) throw new Error(`${url}: ${lhr.runtimeError.message}`);
  return run(page, attempts - 1);
}

const score = (report, category) => Math.round(100 * report.categories[category].score);
const number = (report, audit) => Math.round(report.audits[audit].numericValue);

function summary(title, form, report) {
  const requests = report.audits["network-requests"].details.items;
  const lost = (category) =>
    report.categories[category].auditRefs
      .filter(({ id, weight }) => weight && (report.audits[id].score ?? 1) < 0.9)
      .map(({ id }) => id);
  return {
    page: title,
    form,
    ...Object.fromEntries(CATEGORIES.map((each) => [each, score(report, each)])),
    cls: Number(report.audits["cumulative-layout-shift"].numericValue.toFixed(4)),
    lcp_ms: number(report, "largest-contentful-paint"),
    tbt_ms: number(report, "total-blocking-time"),
    kb: Math.round(requests.reduce((sum, each) => sum + each.transferSize, 0) / 1024),
    requests: requests.length,
    lost: CATEGORIES.flatMap(lost),
  };
}

try {
  for (const page of asked) {
    const reports = [];
    for (let count = 0; count < RUNS; count += 1) reports.push(await run(page));
    reports.sort((one, other) => score(one, "performance") - score(other, "performance"));
    const median = reports[Math.floor(RUNS / 2)];
    console.log(JSON.stringify(summary(page.title, page.form, median)));
  }
} finally {
  await browser.disconnect();
  chrome.kill();
}
