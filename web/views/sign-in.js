/** The sign-in dialog of a server that requires its token. */
/** @import { State } from "../state/types.js" */
import { h, say } from "../elements/dom.js";
import { QpElement } from "../elements/element.js";

export class SignIn extends QpElement {
  #dialog = h("dialog", { class: "overlay sign-in", "aria-label": "Sign in" });
  #token = h("input", { type: "password", id: "token", class: "well", required: true, autocomplete: "current-password" });
  #error = h("p", { class: "field-problem", role: "alert" });

  /** @override */
  build() {
    const form = h(
      "form",
      {},
      h("h2", {}, "Enter the token of this studio"),
      h("p", { class: "note" }, "The server prints the token at its start and stores it in the file “token” of its data directory."),
      h("label", { for: "token", class: "field-label" }, "Token"),
      this.#token,
      this.#error,
      h("button", { class: "strong" }, "Sign in"),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.request("sign-in", { token: this.#token.value.trim() });
    });
    this.#dialog.addEventListener("cancel", (event) => event.preventDefault());
    this.#dialog.append(form);
    this.append(this.#dialog);
  }

  /** @override @param {State} state */
  render(state) {
    say(this.#error, state.signInError);
    if (state.locked && !this.#dialog.open) this.#dialog.showModal();
    if (!state.locked && this.#dialog.open) {
      this.#token.value = "";
      this.#dialog.close();
    }
  }
}

customElements.define("qp-sign-in", SignIn);
