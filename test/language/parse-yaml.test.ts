import { assert, describe, it } from "@effect/vitest"
import type { Node } from "../../src/language/node.ts"
import { parseYaml } from "../../src/language/parse-yaml.ts"
import { collectProblems } from "../../src/language/problems.ts"
import { positionOf } from "../../src/language/source.ts"

const parse = (text: string) => {
  const source = { path: "/x.yaml", shown: "x.yaml", text }
  const problems = collectProblems()
  const node = parseYaml(source, problems)
  return { node, problems: problems.list([source]) }
}

const json = (node: Node | undefined): unknown => {
  if (node === undefined) return undefined
  if (node.kind === "scalar") return node.value
  if (node.kind === "list") return node.items.map(json)
  return Object.fromEntries([...node.entries].map(([name, { value }]) => [name, json(value)]))
}

const codes = (text: string) => parse(text).problems.map(({ code }) => code)

describe("parseYaml", () => {
  it("reads YAML 1.2, where yes, 1_000 and 1:30 are text", () => {
    assert.deepStrictEqual(
      json(parse("{a: yes, b: 1_000, c: 1:30, d: 1e-2, e: true, f: ~, g: 0x1f, h: 0o17}").node),
      { a: "yes", b: "1_000", c: "1:30", d: 0.01, e: true, f: null, g: 31, h: 15 }
    )
  })

  it("reads JSON", () => {
    assert.deepStrictEqual(json(parse('{"a": [1, "x\\n", null], "b": {}}').node), {
      a: [1, "x\n", null],
      b: {}
    })
  })

  it("lets an interpolation stand unquoted inside brackets, with its place", () => {
    const { node } = parse("with: { a: ${params.x}, b: [${matrix.y}, 'z ${params.x}'] }")
    assert.deepStrictEqual(json(node), {
      with: { a: "${params.x}", b: ["${matrix.y}", "z ${params.x}"] }
    })
    const a = node?.kind === "map" ? node.entries.get("with")?.value : undefined
    const value = a?.kind === "map" ? a.entries.get("a")?.value : undefined
    assert.deepStrictEqual(value && positionOf(value), {
      file: "x.yaml",
      line: 1,
      column: 12,
      length: 11
    })
  })

  it("keeps braces, quotes and private characters of the text as they are", () => {
    const text = "a: '${'\nb: \"}\"\nc: {d: '\uE000', e: ${params.x}}\n"
    assert.deepStrictEqual(json(parse(text).node), {
      a: "${",
      b: "}",
      c: { d: "\uE000", e: "${params.x}" }
    })
  })

  it("counts columns in characters and lines of every kind", () => {
    const { problems } = parse("a: 画\r\n画像😀: &x 1\r\nb: *y\r\n")
    assert.deepStrictEqual(problems[0]?.position, { file: "x.yaml", line: 3, column: 4, length: 2 })
  })

  it("takes aliases, but not one that contains itself, is unknown, or multiplies without end", () => {
    assert.deepStrictEqual(json(parse("a: &x [1]\nb: *x").node), { a: [1], b: [1] })
    assert.deepStrictEqual(codes("a: &x [*x]"), ["alias"])
    assert.deepStrictEqual(codes("a: *x"), ["alias"])
    const bomb = ["a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    for (const [at, name] of "bcdefghij".split("").entries()) {
      bomb.push(`${name}: &${name} [${Array(10).fill(`*${"abcdefghij"[at]}`).join(", ")}]`)
    }
    assert.deepStrictEqual(codes(bomb.join("\n")), ["alias-explosion"])
  })

  it("warns of numbers that YAML 1.1 read as octal, and refuses numbers that are not exact", () => {
    assert.deepStrictEqual(codes("a: 0123"), ["leading-zero"])
    assert.deepStrictEqual(codes("a: 9007199254740993"), ["inexact-number"])
    assert.deepStrictEqual(codes("a: .inf"), ["not-finite"])
    assert.deepStrictEqual(codes("a: 1e300\nb: 9007199254740991\nc: -0.5"), [])
  })

  it("goes on after a key that is given twice", () => {
    assert.deepStrictEqual(codes("a: 1\na: 2\nb: 1\nb: 2"), ["duplicate-key", "duplicate-key"])
  })

  it("points at the bracket or quote that is not closed", () => {
    assert.deepStrictEqual(parse("a: 1\nb: { c: 1\nd: 2\n").problems[0]?.position, {
      file: "x.yaml",
      line: 2,
      column: 4,
      length: 1
    })
    assert.deepStrictEqual(parse("a: 1\nb: 'x\nd: 2\n").problems[0]?.position, {
      file: "x.yaml",
      line: 2,
      column: 4,
      length: 1
    })
  })

  const hostile: ReadonlyArray<readonly [string, string]> = [
    ["a million brackets", "[".repeat(1e6)],
    ["a million dashes", "- ".repeat(1e6)],
    ["braces and keys", "{a: ".repeat(1e5)],
    ["stairs", Array.from({ length: 3000 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n")],
    ["anchors", `${"&a ".repeat(1e5)}x`],
    ["escapes", `"${"\\z".repeat(1e5)}"`],
    ["closing brackets", "]".repeat(1e5)],
    ["quotes", "'".repeat(1e6)],
    ["dollars", "${".repeat(1e6)],
    [
      "every private character of Unicode",
      Array.from({ length: 6400 }, (_, index) => String.fromCharCode(0xe000 + index)).join("")
    ],
    ["colons", ": ".repeat(1e5)],
    ["documents", "---\n".repeat(5e4)],
    ["one long text", `a: ${"x ".repeat(4e6)}`],
    ["commas", `[${"a,".repeat(2e6)}]`]
  ]
  for (const [name, text] of hostile) {
    it(`survives ${name} (slow)`, () => {
      const start = performance.now()
      const { node, problems } = parse(text)
      assert.isTrue(node !== undefined || problems.length > 0)
      assert.isBelow(performance.now() - start, 60_000)
    })
  }
})
