// Reports over the test set: jobs that are started, followed and read.
import { api, base, onChange, tried } from "./app.js";
import { make, resultAt } from "./look_parts.js";

/** A kind of report of a net: shows the newest that is done, and the one that is being made. */
export class Reports {
  constructor(context, what, { busy, show }) {
    Object.assign(this, { context, what, busy, show, shown: "" });
    onChange(change => { if (!change || change.jobs.length) tried(() => this.load()); });
  }

  async start(values) {
    await api("POST", "/api/look/reports", { net: this.context.net, what: this.what, ...values });
    await this.load();
  }

  async load() {
    const { reports } = await api("GET", `/api/look/reports?${this.context.query}`);
    const own = reports.filter(one => one.what === this.what), newest = own[0];
    const open = newest && ["queued", "running", "stopping"].includes(newest.job.state);
    this.busy.hidden = !newest || newest.job.state === "done";
    if (open) this.busy.replaceChildren(make("progress", { "aria-label": "running" }), " ", make("a", { href: `${base}/jobs/${newest.job.id}` }, newest.job.title), " …");
    else if (!this.busy.hidden) await this.failed(newest);
    const done = own.find(one => one.job.state === "done");
    if (done && this.shown !== done.results) {
      this.shown = done.results;
      await this.show(done);
    }
  }

  async failed(report) {
    const { text } = await api("GET", `/api/jobs/${report.job.id}/output`);
    const last = text.trim().split("\n").slice(-6).join("\n");
    this.busy.replaceChildren(make("span", { class: "fault" }, last || `The job ${report.job.state}.`), " ", make("a", { href: `${base}/jobs/${report.job.id}` }, "Its output"));
  }
}

/** Read a file of a report. */
export async function read(report, file) {
  const answer = await fetch(resultAt(report.results, file));
  return answer.ok ? answer.json() : null;
}
