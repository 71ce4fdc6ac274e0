/** Formatting of durations, sizes and task states in plain words. */
/** @import { Model, Task } from "./types.js" */

const MANY = 100; // steps from which progress is a percentage

/**
 * A number and its unit, which no line separates: joined by a no-break space.
 * @param {number | string} value
 * @param {string} unit "%", "px", "GB"
 */
export function quantity(value, unit) {
  return `${value}\u00a0${unit}`;
}

/**
 * @param {number} seconds
 * @returns {string} "0.3 s", "12 s", "3 min", "2 h 10 min"
 */
export function duration(seconds) {
  if (seconds < 10) return quantity(Math.max(0.1, seconds).toFixed(1).replace(".0", ""), "s");
  if (seconds < 90) return quantity(Math.round(seconds), "s");
  if (seconds < 3600) return quantity(Math.round(seconds / 60), "min");
  return `${quantity(Math.floor(seconds / 3600), "h")} ${quantity(Math.round((seconds % 3600) / 60), "min")}`;
}

/**
 * Remaining time, rounded up to whole units so that it does not flicker.
 * @param {number | null | undefined} seconds
 */
export function timeLeft(seconds) {
  if (seconds === null || seconds === undefined) return "";
  return seconds < 1 ? `under ${quantity(1, "s")} left` : `${duration(Math.ceil(seconds))} left`;
}

/** @param {number} bytes */
export function gigabytes(bytes) {
  const value = bytes / 1e9;
  return value < 10 ? value.toFixed(1) : String(Math.round(value));
}

/** @param {number} bytes */
export function size(bytes) {
  return bytes < 1e9 ? quantity(Math.max(1, Math.round(bytes / 1e6)), "MB") : quantity(gigabytes(bytes), "GB");
}

/** @param {number} milliseconds since then */
export function ago(milliseconds) {
  const seconds = milliseconds / 1000;
  if (seconds < 3) return "just now";
  return `${duration(Math.floor(seconds))} ago`;
}

/** The time of the day, such as 15:12. @param {number} at milliseconds */
export function clock(at) {
  return new Date(at).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
}

/** @param {number} n 1-based */
export function ordinal(n) {
  const tens = n % 100;
  if (tens >= 11 && tens <= 13) return `${n}th`;
  return `${n}${["th", "st", "nd", "rd"][n % 10] ?? "th"}`;
}

/**
 * @param {number} n
 * @param {string} singular
 * @param {string} [plural]
 */
export function count(n, singular, plural = `${singular}s`) {
  return `${n} ${n === 1 ? singular : plural}`;
}

/**
 * A line on memory and speed of a model on this machine.
 * @param {Model} model
 * @param {import("./types.js").Fit | null} [fit] the estimate for the current settings
 * @returns {{ tone: "good" | "bad" | "calm", text: string }}
 */
export function fitSummary(model, fit = null) {
  const seconds = fit ? fit.seconds : model.seconds_per_image;
  const pace = seconds ? ` · about ${duration(seconds)}${fit ? "" : " an image"}` : "";
  if (!model.present) return { tone: "bad", text: "not downloaded" };
  const estimate = fit ?? model.memory;
  if (!estimate) return { tone: "calm", text: `ready${pace}` };
  const { needed_bytes: needed, free_bytes: free, plan } = estimate;
  const part = needed < 1e8 ? size(needed) : gigabytes(needed);
  const share = `${part} of ${quantity(gigabytes(free), "GB")}`;
  if (!estimate.fits) return { tone: "bad", text: `too large for this machine: needs ${share} free` };
  const how = !plan || plan.id === "device" ? "" : `, ${plan.label}`;
  return { tone: "good", text: `fits: ${share}${how}${pace}` };
}

/**
 * The prompt of a task, else its title.
 * @param {Task} task
 */
export function taskSubject(task) {
  const prompt = task.params?.prompt;
  return typeof prompt === "string" && prompt.trim() ? prompt.trim() : task.title;
}

/**
 * The run time of a task in seconds, null until it ran.
 * @param {Task} task
 */
export function runSeconds({ timings }) {
  return timings.run_seconds ?? null;
}

/**
 * The phase of a running task.
 * @param {Task} task
 */
export function phase(task) {
  const progress = task.progress;
  if (task.cancel_requested) return "cancelling…";
  if (!progress) return "starting…";
  const image = progress.images > 1 ? ` · image ${progress.image} of ${progress.images}` : "";
  if (progress.steps > 0 && progress.phase === "denoising") {
    return `step ${progress.step} of ${progress.steps}${image}`;
  }
  if (progress.steps > MANY) return `${progress.phase}, ${quantity(Math.floor((100 * progress.step) / progress.steps), "%")}`;
  if (progress.steps > 1) return `${progress.phase}, ${progress.step} of ${progress.steps}${image}`;
  return `${progress.phase}…${image}`;
}

/** The time at which a batch began, as its title. @param {{ created_at: string }} batch */
export function batchTitle({ created_at: at }) {
  const date = new Date(at);
  const today = date.toDateString() === new Date().toDateString();
  return `Batch ${today ? "" : `${date.toLocaleDateString(undefined, { day: "numeric", month: "short" })}, `}${clock(date.getTime())}`;
}
