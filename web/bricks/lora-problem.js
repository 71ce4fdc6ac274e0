/** The reason why a LoRA has no effect with a model. */
/** @import { Lora, Model } from "../state/types.js" */

/** @param {Lora | undefined} lora @param {Model | null} model @returns {string} empty where it fits */
export function loraProblem(lora, model) {
  if (!lora) return "This LoRA is missing.";
  if (lora.refusal) return lora.refusal;
  if (!model || lora.families.length === 0 || lora.families.includes(model.family)) return "";
  return `Incompatible: made for ${lora.family_label}, not for ${model.label}.`;
}
