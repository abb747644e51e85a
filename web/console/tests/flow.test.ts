import { describe, expect, test } from "vitest";
import type { WorkflowSpec } from "@jieda/api-client";
import { freeName, newField, newMove, newSpec, newStep, optionsFrom, optionsText, removeField, removeStep, renameField, renameStep, specOf } from "../src/workflows/draft";
import { layout, NODE, waysOf } from "../src/workflows/flow";

function spec(): WorkflowSpec {
  const steps = [newStep("new", "new"), newStep("work"), newStep("boss"), newStep("wait", "waiting_customer"), newStep("done", "solved"), newStep("off", "solved")];
  Object.assign(steps[2] ?? {}, { approval: { by: "managers", field: "sum", under: 5, approved: "done", rejected: "work" } });
  const moves = [newMove("new", "work"), newMove("work", "boss"), newMove("work", "wait"), newMove("wait", "work")];
  return { ...newSpec(), steps, moves, fields: [newField("sum")], cancel: { target: "off", by_customer: true } };
}

describe("the picture of a workflow", () => {
  test("decisions are ways, too, and nothing leads to a step that is not there", () => {
    expect(waysOf(spec())).toContainEqual(["boss", "done"]);
    expect(waysOf({ ...spec(), moves: [newMove("new", "ghost")] }).flat()).not.toContain("ghost");
  });
  test("steps stand below each other by how far they are, at most two beside each other and none on another", () => {
    const { nodes, width } = layout(spec());
    const inRow = (y: number) => nodes.filter((node) => node.y === y).length;
    expect(nodes.every((node) => inRow(node.y) <= NODE.perRow)).toBe(true);
    expect(new Set(nodes.map((node) => `${node.x},${node.y}`)).size).toBe(nodes.length);
    expect(nodes.every((node) => node.x >= 0 && node.x + NODE.width <= width)).toBe(true);
    const y = (slug: string) => nodes.find((node) => node.step.slug === slug)?.y ?? -1;
    expect(y("new") < y("work") && y("work") < y("boss") && y("boss") < y("done")).toBe(true);
    expect(nodes.map((node) => node.step.slug)).toContain("off"); // nothing but calling off leads there
  });
  test("a way back is drawn as one", () => {
    const back = layout(spec()).edges.filter((edge) => edge.isBack).map((edge) => `${edge.from}>${edge.to}`);
    expect(back).toEqual(["wait>work", "boss>work"]);
  });
});

describe("editing a workflow", () => {
  test("a step that is called by another name is followed by everything that leads to it", () => {
    const draft = spec();
    renameStep(draft, "work", "check");
    expect(waysOf(draft).flat()).not.toContain("work");
    expect(waysOf(draft)).toContainEqual(["boss", "check"]);
  });
  test("a step that goes takes its moves along", () => {
    const draft = spec();
    removeStep(draft, "off");
    removeStep(draft, "wait");
    expect([draft.cancel, draft.moves.map((move) => move.target)]).toEqual([null, ["work", "boss"]]);
  });
  test("a field that is renamed or goes is so wherever it is asked for", () => {
    const draft = spec();
    Object.assign(draft.moves[1] ?? {}, { requires: ["sum"] });
    renameField(draft, "sum", "total");
    expect([draft.moves[1]?.requires, draft.steps[2]?.approval?.field]).toEqual([["total"], "total"]);
    removeField(draft, "total");
    expect([draft.moves[1]?.requires, draft.steps[2]?.approval?.field, draft.steps[2]?.approval?.under]).toEqual([[], null, null]);
  });
  test("options are lines, and read back as they were", () => {
    const options = optionsFrom("a | 甲 | A\n\nb\nc | 丙");
    expect(options.map((one) => [one.value, one.label.zh, one.label.en])).toEqual([["a", "甲", "A"], ["b", "b", "b"], ["c", "丙", "丙"]]);
    expect(optionsFrom(optionsText({ ...newField("x"), options }))).toEqual(options);
  });
  test("names that are free, and texts left empty are none", () => {
    expect(freeName("step", ["step_2", "step_3"])).toBe("step_4");
    const draft = newSpec();
    Object.assign(draft.steps[0] ?? {}, { customer_name: { zh: " ", en: "" } });
    expect(specOf(draft).steps[0]?.customer_name).toBeNull();
  });
});
