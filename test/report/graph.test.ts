import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import sharp from "sharp"
import { dotOf } from "../../src/report/graph/dot.ts"
import { type Graph, graphOf, type NodeState, stateText } from "../../src/report/graph/graph.ts"
import { layOut } from "../../src/report/graph/layout.ts"
import { mermaidOf } from "../../src/report/graph/mermaid.ts"
import { railsOf } from "../../src/report/graph/rails.ts"
import { svgOf } from "../../src/report/graph/svg.ts"
import { diamond, pipelineOf } from "./pipeline.ts"

const drawn = (graph: Graph) =>
  railsOf(graph).map((rail, index) => `${rail} ${graph.nodes[index]?.id}`.trimEnd())

describe("graphOf", () => {
  it("folds the instances of a stage into one node and their wires into one edge", () => {
    const graph = graphOf(diamond)
    assert.deepStrictEqual(
      graph.nodes.map(({ id, instances, axes }) => [id, instances.length, axes]),
      [
        ["photo", 1, []],
        ["schedule", 1, []],
        ["noisy", 1, []],
        ["blur", 2, ["k"]],
        ["score", 2, ["k"]],
        ["best", 1, []]
      ]
    )
    const intoScore = graph.edges.filter(({ to }) => to === "score")
    assert.deepStrictEqual(intoScore, [
      { from: "photo", to: "score", ports: [{ from: "image", to: "in1" }] },
      { from: "blur", to: "score", ports: [{ from: "images", to: "in0" }] }
    ])
  })

  it("has a node an instance when expanded", () => {
    const graph = graphOf(diamond, { expand: true })
    assert.strictEqual(graph.nodes.length, 8)
    assert.deepStrictEqual(
      graph.edges.filter(({ to }) => to === "best").map(({ from }) => from),
      ["score[k=3]", "score[k=5]"]
    )
  })

  it("counts the states of what a node stands for", () => {
    const states = new Map<string, NodeState>([
      ["blur[k=3]", "known"],
      ["blur[k=5]", "run"],
      ["best", "depends"]
    ])
    const texts = graphOf(diamond, { states }).nodes.map((node) => [node.id, stateText(node)])
    assert.deepInclude(texts, ["blur", "1 known, 1 will run"])
    assert.deepInclude(texts, ["best", "depends"])
    const waiting = new Map<string, NodeState>([
      ["score[k=3]", "depends"],
      ["score[k=5]", "depends"]
    ])
    const score = graphOf(diamond, { states: waiting }).nodes.find(({ id }) => id === "score")
    assert.strictEqual(score === undefined ? "" : stateText(score), "2 depend")
  })
})

describe("railsOf", () => {
  it("joins readers to what they read", () => {
    assert.deepStrictEqual(drawn(graphOf(diamond)), [
      "●    photo",
      "│ ●  schedule",
      "├─●  noisy",
      "│ ●  blur",
      "●─┘  score",
      "●    best"
    ])
  })

  it("keeps a node that nobody reads apart from the next one", () => {
    const graph = graphOf(pipelineOf({ a: [], b: [], c: ["b.out"] }))
    assert.deepStrictEqual(drawn(graph), ["●    a", "  ●  b", "  ●  c"])
  })

  it("passes beneath the rails that a reader has nothing to do with", () => {
    const graph = graphOf(
      pipelineOf({ a: [], b: [], c: ["a.out"], d: ["b.out", "a.out", "c.out"] })
    )
    assert.deepStrictEqual(drawn(graph), ["●      a", "│ ●    b", "├─│─●  c", "●─┴─┘  d"])
  })

  it("gives up on graphs wider than a terminal", () => {
    const wide = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`s${index}`, []]))
    const sources = Object.keys(wide).map((id) => `${id}.out`)
    const graph = graphOf(pipelineOf({ ...wide, all: [sources] }))
    assert.isTrue(railsOf(graph).every((rail) => rail === ""))
  })

  it("draws one mark a line and as many joints as a node has sources, whatever the graph", () => {
    const graphs = fc
      .integer({ min: 1, max: 14 })
      .chain((size) =>
        fc
          .array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: size, maxLength: size })
          .map((picks) =>
            pipelineOf(
              Object.fromEntries(
                picks.map((pick, index) => [
                  `s${index}`,
                  index === 0
                    ? []
                    : [...new Set(pick.map((p) => p % index))].map((p) => `s${p}.out`)
                ])
              )
            )
          )
      )
    fc.assert(
      fc.property(graphs, (pipeline) => {
        const graph = graphOf(pipeline)
        const rails = railsOf(graph)
        for (const [index, node] of graph.nodes.entries()) {
          const rail = rails[index] ?? ""
          const sources = graph.edges.filter(({ to }) => to === node.id).length
          const joints = rail.match(/[├┤┼└┘┴]/g)?.length ?? 0
          assert.strictEqual(rail.match(/●/g)?.length, 1)
          // A source whose rail the node itself takes over has no joint of its own.
          assert.isTrue(joints === sources || joints === sources - 1, `${rail}: ${sources} sources`)
        }
      })
    )
  })
})

describe("layOut", () => {
  it("puts every reader to the right of what it reads, and no box on another", () => {
    const graph = graphOf(diamond, { expand: true })
    const { boxes, lines } = layOut(graph, "lr", () => ({ width: 120, height: 40 }))
    for (const { from, to } of graph.edges) {
      const [a, b] = [boxes.get(from), boxes.get(to)]
      assert.isTrue(a !== undefined && b !== undefined && a.x + a.width < b.x, `${from} → ${to}`)
    }
    const all = [...boxes.values()]
    for (const [index, a] of all.entries()) {
      for (const b of all.slice(index + 1)) {
        const apart =
          a.x + a.width <= b.x ||
          b.x + b.width <= a.x ||
          a.y + a.height <= b.y ||
          b.y + b.height <= a.y
        assert.isTrue(apart)
      }
    }
    assert.isTrue(lines.every((line) => line.length >= 2))
  })
})

describe("svgOf", () => {
  it("is a picture that renderers accept, in its own size", async () => {
    const svg = svgOf(graphOf(diamond, { states: new Map([["photo", "known"]]) }))
    const { height, width } = await sharp(Buffer.from(svg)).metadata()
    assert.include(svg, `width="${width}" height="${height}"`)
    assert.include(svg, "×2")
    assert.include(svg, "6 stages, 8 instances")
  })

  it("keeps names of stages from becoming markup", async () => {
    const graph = graphOf(pipelineOf({ 'a<b&"c"': [] }))
    const svg = svgOf(graph, "tb")
    assert.include(svg, "a&lt;b&amp;&quot;c&quot;")
    await sharp(Buffer.from(svg)).metadata()
  })
})

describe("other formats", () => {
  const graph = graphOf(diamond, { states: new Map([["photo", "known"]]) })

  it("writes Mermaid with labelled nodes, ports on edges and colours by state", () => {
    const text = mermaidOf(graph)
    assert.match(text, /^flowchart LR\n/)
    assert.include(text, '  n3["<b>blur</b> ×2<br/>test/blur"]')
    assert.include(text, '  n2 -->|"images"| n3')
    assert.include(text, "classDef known")
  })

  it("writes DOT with quoted names", () => {
    const text = dotOf(graphOf(pipelineOf({ 'a"b': [] })))
    assert.include(text, '"a\\"b" [label="a\\"b\\ntest/a\\"b"]')
  })
})
