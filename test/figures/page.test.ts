import { assert, beforeAll, describe, it } from "vitest"
import { Script } from "node:vm"
import { compareRuns } from "../../src/figures/comparison/comparison.ts"
import { joinRuns } from "../../src/figures/comparison/runs.ts"
import { escapeHtml, jsonInScript } from "../../src/figures/page/html.ts"
import { pageOf } from "../../src/figures/page/page.ts"
import { synthetic } from "./synthetic.ts"

const small = () =>
  compareRuns(
    joinRuns(
      synthetic({
        schedules: ["decay", "cosine", "fixed-1e-2"],
        seeds: [1, 2],
        epochs: 3,
        stepsPerEpoch: 40
      })
    ),
    { over: "seed" }
  )
const options = { title: 'Rates & <schedules> "2"', recipe: ["ablate compare <x>"] }

/** Tags that are opened and not closed, or the other way round; scripts and styles are left out. */
const unbalanced = (html: string): ReadonlyArray<string> => {
  const text = html
    .replaceAll(/<(script|style)[^>]*>[\s\S]*?<\/\1>/g, "")
    .replaceAll(/<!--[\s\S]*?-->/g, "")
  const open: Array<string> = []
  const problems: Array<string> = []
  for (const [tag, close, name = "", attributes = ""] of text.matchAll(
    /<(\/?)([a-zA-Z][\w-]*)((?:"[^"]*"|[^">])*)>/g
  )) {
    if (/^(?:meta|img|input|br|hr|link)$/.test(name) || attributes.endsWith("/")) continue
    if (close === "") open.push(name)
    else if (open.at(-1) === name) open.pop()
    else problems.push(tag)
  }
  return [...problems, ...open]
}

describe("the page", () => {
  let page: string
  beforeAll(async () => {
    page = await pageOf(small(), options)
  })
  const scripts = () =>
    [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, code = ""]) => code)
  const data = () =>
    JSON.parse(/<script type="application\/json" id="figures">(.*?)<\/script>/.exec(page)![1]!)

  it("is one well-formed file", () => {
    assert.match(page, /^<!doctype html>\n<html lang="en">/)
    assert.deepStrictEqual(unbalanced(page), [])
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
    const own = ids.filter((id) => !/^(?:clip|gradient)/.test(id!))
    assert.deepStrictEqual(own, [...new Set(own)])
  })

  it("asks for nothing from anywhere", () => {
    const withoutRuntime = page.replaceAll(/<script>[\s\S]*?<\/script>|<!--[\s\S]*?-->/g, "")
    const addresses = [...withoutRuntime.matchAll(/https?:\/\/[^"'\s<)\\]+/g)].map(([url]) => url)
    assert.deepStrictEqual(
      addresses.filter((url) => !url.startsWith("http://www.w3.org/")),
      []
    )
    assert.notMatch(withoutRuntime, /<link|@import|src="(?!data:)|url\((?!#)/)
    assert.include(page, "default-src 'none'")
  })

  it("holds programs that parse, and specifications with their data", () => {
    assert.strictEqual(scripts().length, 2)
    for (const code of scripts()) assert.doesNotThrow(() => new Script(code))
    const { figures, names } = data()
    assert.deepStrictEqual(names, ["decay", "cosine", "fixed-1e-2"])
    assert.deepStrictEqual(Object.keys(figures), ["loss", "rate", "test"])
    for (const figure of Object.values<{ specs: object; datasets: object }>(figures)) {
      for (const spec of Object.values<{ data: ReadonlyArray<{ name: string }> }>(
        figure.specs as never
      )) {
        const named = spec.data.map(({ name }) => name)
        for (const name of Object.keys(figure.datasets)) assert.include(named, name)
      }
    }
  })

  it("keeps the promises that its script relies on", () => {
    const { figures } = data()
    for (const name of ["loss", "rate", "test"]) {
      assert.include(page, `id="${name}"`)
      for (const spec of Object.values<any>(figures[name].specs)) {
        assert.isDefined(
          spec.scales.find((scale: { name: string }) => scale.name === "color")?.domain
        )
        assert.isDefined(spec.scales.find((scale: { name: string }) => scale.name === "x"))
        const signals = spec.signals.map((signal: { name: string }) => signal.name)
        for (const wanted of name === "loss"
          ? ["hidden", "level", "progress", "raw"]
          : ["hidden"]) {
          assert.include(signals, wanted)
        }
      }
    }
  })

  it("is the same again", async () => {
    assert.strictEqual(await pageOf(small(), options), page)
  })

  it("shows names as they are, and none becomes markup", () => {
    assert.include(page, "<title>Rates &amp; &lt;schedules&gt; &quot;2&quot;</title>")
    assert.include(page, "ablate compare &lt;x&gt;")
    assert.strictEqual(escapeHtml(`<a b='c'>&`), "&lt;a b=&#39;c&#39;&gt;&amp;")
    assert.notInclude(jsonInScript(["</script>", "\u2028"]), "</script>")
  })

  it("can be read without scripts", () => {
    assert.strictEqual([...page.matchAll(/<noscript>/g)].length, 3)
    assert.match(page, /<noscript><div class="fallback"><svg /)
    const table = /<table>[\s\S]*<\/table>/.exec(page)![0]
    assert.strictEqual([...table.matchAll(/<tr>/g)].length, 4)
    assert.match(table, /<td data-value="[\d.]+" class="best" title="the best">/)
  })

  it("has samples of each run, one seed at a time", () => {
    const samples = [...page.matchAll(/<figure class="sample" data-run="(\d)"( hidden)?>/g)]
    assert.deepStrictEqual(
      samples.map(([, run, hidden]) => `${run}${hidden ?? ""}`),
      ["1", "2 hidden", "1", "2 hidden", "1", "2 hidden"]
    )
    const image = /src="data:image\/png;base64,([^"]+)" width="(\d+)" height="(\d+)"/.exec(page)!
    const png = Buffer.from(image[1]!, "base64")
    // A column a digit of ten, four rows, a pixel between them, everything twice as large.
    assert.strictEqual(png.readUInt32BE(16), 2 * (10 * 28 + 11))
    assert.strictEqual(png.readUInt32BE(20), 2 * (4 * 28 + 5))
    assert.strictEqual(Number(image[2]), png.readUInt32BE(16))
    assert.strictEqual(Number(image[3]), png.readUInt32BE(20))
  })

  it("is small without curves, and says what it can", async () => {
    const plain = await pageOf(
      compareRuns([
        { label: "blur=3", value: { scalars: { psnr: 20 } } },
        { label: "blur=5", value: { scalars: { psnr: 22 } } }
      ]),
      { title: "Blurs" }
    )
    assert.isBelow(plain.length, 30_000)
    assert.include(plain, "<strong>5</strong> has the highest PSNR, 22")
    assert.deepStrictEqual(unbalanced(plain), [])
  })
})
