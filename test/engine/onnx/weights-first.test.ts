import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { type ModelNode } from "../../../src/engine/onnx/model.ts"
import { weightsFirst } from "../../../src/engine/onnx/weights-first.ts"

const node = (inputs: ReadonlyArray<string>, ...outputs: ReadonlyArray<string>): ModelNode => ({
  op: "Any",
  domain: "",
  inputs,
  outputs,
  attributes: {}
})
const made = (nodes: ReadonlyArray<ModelNode>) => nodes.flatMap(({ outputs }) => outputs).join("")

describe("weightsFirst", () => {
  it("moves what waits for no input to the front", () => {
    const nodes = [
      node(["w1"], "a"),
      node(["x", "a"], "b"),
      node(["w2"], "c"),
      node(["c"], "d", "e"),
      node(["b", "e"], "f"),
      node([], "g")
    ]
    assert.strictEqual(made(weightsFirst(nodes, ["x"])), "acdegbf")
    assert.strictEqual(made(weightsFirst(nodes, [])), made(nodes))
  })

  it("keeps an order in which nodes can run", () => {
    // Node i may use the input x, and what nodes before it made.
    const graph = fc
      .array(fc.tuple(fc.boolean(), fc.array(fc.nat(), { maxLength: 3 })), { maxLength: 20 })
      .map((nodes) =>
        nodes.map(([fed, uses], index) =>
          node(
            [...(fed ? ["x"] : []), ...(index === 0 ? [] : uses.map((use) => `n${use % index}`))],
            `n${index}`
          )
        )
      )
    fc.assert(
      fc.property(graph, (nodes) => {
        const ordered = weightsFirst(nodes, ["x"])
        assert.sameMembers([...ordered], nodes)
        const known = new Set(["x"])
        for (const { inputs, outputs } of ordered) {
          for (const name of inputs) assert.isTrue(known.has(name), name)
          for (const name of outputs) known.add(name)
        }
      })
    )
  })
})
