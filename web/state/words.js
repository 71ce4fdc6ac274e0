/** Numbers and states in plain words. Pure functions; they know nothing about the page. */
/** @import { Model, Task } from "./types.js" */

const MANY = 100; // steps from which on a share says more than a count

/**
 * @param {number} seconds
 * @returns {string} "0.3 s", "12 s", "3 min", "2 h 10 min"
 */
export function duration(seconds) {
  if (seconds < 10) return `${Math.max(0.1, seconds).toFixed(1).replace(".0", "")} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}

/**
 * Time left, rounded so that it does not flicker.
 * @param {number | null | undefined} seconds
 */
export function left(seconds) {
  if (seconds === null || seconds === undefined) return "";
  return seconds < 1 ? "under 1 s left" : `${duration(Math.ceil(seconds))} left`;
}

/** @param {number} bytes */
export function gigabytes(bytes) {
  const value = bytes / 1e9;
  return value < 10 ? value.toFixed(1) : String(Math.round(value));
}

/** @param {number} bytes */
export function size(bytes) {
  return bytes < 1e9 ? `${Math.max(1, Math.round(bytes / 1e6))} MB` : `${gigabytes(bytes)} GB`;
}

/** @param {number} milliseconds since then */
export function ago(milliseconds) {
  const seconds = milliseconds / 1000;
  if (seconds < 3) return "just now";
  return `${duration(Math.floor(seconds))} ago`;
}

/** @param {number} n 1-based */
export function ordinal(n) {
  const tens = n % 100;
  if (tens >= 11 && tens <= 13) return `${n}th`;
  return `${n}${["th", "st", "nd", "rd"][n % 10] ?? "th"}`;
}

/**
 * @param {number} n
 * @param {string} one
 * @param {string} [many]
 */
export function count(n, one, many = `${one}s`) {
  return `${n} ${n === 1 ? one : many}`;
}

/**
 * Whether and how well a model runs here.
 * @param {Model} model
 * @param {import("./types.js").Fit | null} [asked] the answer for the very size that is set
 * @returns {{ tone: "good" | "bad" | "calm", text: string }}
 */
export function fit(model, asked = null) {
  const seconds = asked ? asked.seconds : model.seconds_per_image;
  const pace = seconds ? ` · about ${duration(seconds)}${asked ? "" : " an image"}` : "";
  if (!model.present) return { tone: "bad", text: "not on this machine yet" };
  const told = asked ?? model.memory;
  if (!told) return { tone: "calm", text: `ready${pace}` };
  const { needed_bytes: needed, free_bytes: free, plan } = told;
  const part = needed < 1e8 ? `${Math.max(1, Math.round(needed / 1e6))} MB` : gigabytes(needed);
  const share = `${part} of ${gigabytes(free)} GB`;
  if (!told.fits) return { tone: "bad", text: `too large for this machine: needs ${share} free` };
  const how = !plan || plan.id === "device" ? "" : `, ${plan.label}`;
  return { tone: "good", text: `fits: ${share}${how}${pace}` };
}

/**
 * What a task is about, in its own words.
 * @param {Task} task
 */
export function subject(task) {
  const prompt = task.params?.prompt;
  return typeof prompt === "string" && prompt.trim() ? prompt.trim() : task.title;
}

/**
 * How long the work itself took, in seconds.
 * @param {Task} task
 */
export function took({ timings }) {
  return timings.run_seconds ?? null;
}

/**
 * The phase of a running task.
 * @param {Task} task
 */
export function phase(task) {
  const progress = task.progress;
  if (task.cancel_requested) return "stopping…";
  if (!progress) return "starting…";
  const image = progress.images > 1 ? ` · image ${progress.image} of ${progress.images}` : "";
  if (progress.steps > 0 && progress.phase === "denoising") {
    return `step ${progress.step} of ${progress.steps}${image}`;
  }
  if (progress.steps > MANY) return `${progress.phase}, ${Math.floor((100 * progress.step) / progress.steps)} %`;
  if (progress.steps > 1) return `${progress.phase}, ${progress.step} of ${progress.steps}${image}`;
  return `${progress.phase}…${image}`;
}
