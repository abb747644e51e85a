import { beforeEach, describe, expect, test } from "vitest";
import { readForm } from "./read";

let form: HTMLFormElement;
const fill = (html: string) => (form.innerHTML = html);

beforeEach(() => {
  form = document.createElement("form");
  document.body.replaceChildren(form);
});

describe("reading a form", () => {
  test("tells fields by their visible label and options by their visible text", () => {
    fill(`<label for="a">Supply voltage *</label><select id="a" name="v"><option value="T" selected>Three phase</option></select>
          <label>Cable length: <input name="len" value="120"></label>`);
    expect(readForm(form).fields).toEqual({ "Supply voltage": "Three phase", "Cable length": "120" });
  });

  test("tells a chosen radio under the legend of its group, and a ticked box by its own label", () => {
    fill(`<fieldset><legend>Load</legend><label><input type="radio" name="l" value="p">Pump</label><label><input type="radio" name="l" value="f" checked>Fan</label></fieldset>
          <label><input type="checkbox" name="down" checked> Machine is down</label><label><input type="checkbox" name="loan"> Loan unit</label>`);
    expect(readForm(form).fields).toEqual({ Load: "Fan", "Machine is down": "Machine is down" });
  });

  test("takes long text as the draft", () => {
    fill(`<textarea name="t">it stops after</textarea>`);
    expect(readForm(form)).toEqual({ fields: {}, draft: "it stops after" });
  });

  test("never sends passwords, addresses, hidden fields or what the page keeps to itself", () => {
    fill(`<input type="password" name="p" value="secret"><input type="email" name="e" value="a@b.example"><input type="tel" name="t" value="123">
          <input type="hidden" name="csrf" value="tok"><input name="card" autocomplete="cc-number" value="4111"><input name="n" autocomplete="family-name" value="Li">
          <div data-jieda-ignore><input name="x" value="private"></div><div hidden><input name="y" value="old"></div><input name="d" value="off" disabled>`);
    expect(readForm(form)).toEqual({ fields: {}, draft: "" });
  });
});
