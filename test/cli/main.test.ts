import { assert, describe, it } from "@effect/vitest"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "vitest"
import { commandEntries } from "../../src/cli/commands.ts"
import { flagsOf } from "../../src/cli/parse.ts"
import { commandHelp, overview } from "../../src/cli/help.ts"
import { call } from "../../src/cli/main.ts"
import { memoryTerminal } from "../../src/cli/terminal.ts"
import { textWidth } from "../../src/cli/text.ts"

const ablate = async (...argv: ReadonlyArray<string>) => {
  const [out, err] = [memoryTerminal({ columns: 80 }), memoryTerminal({ columns: 80 })]
  const code = await call(argv, { env: {}, cwd: tmpdir(), ownStages: "/nowhere", out, err })
  return { code, out: out.text(), err: err.text() }
}

describe("ablate", () => {
  it("shows an overview when called alone", async () => {
    const { code, out, err } = await ablate()
    assert.strictEqual(code, 0)
    assert.strictEqual(err, "")
    for (const { name, summary } of commandEntries)
      assert.include(out, `${name.padEnd(14)}  ${summary}`)
    assert.strictEqual((await ablate("help")).out, out)
    assert.strictEqual((await ablate("--help")).out, out)
  })
  it("tells its version", async () => {
    const { out } = await ablate("--version")
    assert.match(out, /^\d+\.\d+\.\d+\S*\n$/)
    assert.strictEqual((await ablate("check", "--version")).out, out)
  })
  it("names the nearest command", async () => {
    assert.deepStrictEqual(await ablate("rnu"), {
      code: 2,
      out: "",
      err: 'error: there is no command "rnu"\nhint:  did you mean `ablate run`?\n'
    })
    assert.include((await ablate("store", "gx")).err, "did you mean `ablate store gc`?")
    const family = await ablate("store")
    assert.strictEqual(family.code, 2)
    assert.include(family.err, "needs a command\n\nUsage")
    assert.include(family.err, "store verify")
  })
  it("helps with a command of which there are several kinds", async () => {
    const { code, out, err } = await ablate("store", "--help")
    assert.deepStrictEqual([code, err], [0, ""])
    assert.match(out, /Usage\n.*store COMMAND[^]*store verify/)
    assert.strictEqual((await ablate("store", "-h")).out, out)
    assert.strictEqual((await ablate("help", "store")).out, out)
    assert.include((await ablate("store", "gc", "--help")).out, "--grace")
  })
  it("wants a folder that is there to work in", async () => {
    const { code, err } = await ablate("-C", "no/such/folder", "status")
    assert.strictEqual(code, 2)
    assert.include(err, `error: there is no folder ${join(tmpdir(), "no/such/folder")}`)
  })
  it("gives mistakes as JSON when JSON was asked for", async () => {
    const { code, out, err } = await ablate("check", "--json", "nowhere.yaml")
    assert.strictEqual(code, 2)
    assert.strictEqual(err, "")
    const document: unknown = JSON.parse(out)
    assert.deepStrictEqual(document, {
      version: 1,
      command: "check",
      error: {
        message: "there is no file nowhere.yaml",
        hint: "`ablate init` writes a first pipeline"
      },
      diagnostics: []
    })
  })
  it("helps with each command, within the terminal's width", async () => {
    for (const { name } of commandEntries) {
      const { code, out } = await ablate(...name.split(" "), "--help")
      assert.strictEqual(code, 0, name)
      assert.include(out, "Usage\n  ablate ")
      assert.isTrue(
        out.split("\n").every((line) => textWidth(line) <= 80 || line.includes("ablate ")),
        `${name} --help is wider than the terminal:\n${out}`
      )
      assert.strictEqual((await ablate("help", ...name.split(" "))).out, out)
    }
  })
  it("declares each flag of a command once", async () => {
    for (const { name, load } of commandEntries) {
      const { command } = await load()
      assert.strictEqual(command.name, name)
      const flags = flagsOf(command)
      const words = flags.flatMap(({ name, short }) =>
        short === undefined ? [name] : [name, short]
      )
      assert.strictEqual(new Set(words).size, words.length, `${name}: ${words.join(" ")}`)
      assert.isAtLeast(command.examples.length, 1, `${name} has no example`)
    }
  })
})

describe("help", () => {
  it("is laid out for reading", async () => {
    const { command } = await import("../../src/cli/commands/check.ts")
    const sheet = memoryTerminal({ columns: 80 })
    expect(commandHelp(command, "look for mistakes", sheet)).toMatchInlineSnapshot(`
      "ablate check — look for mistakes

      Usage
        ablate check [FILE]
        ablate check --all

      Looks for mistakes in a pipeline and in the files that it extends and includes,
      and reports all of them at once: names, types, shapes, ranges, cycles, missing
      files. Nothing is executed. The exit code is 2 when there is a problem; warnings
      leave it 0.

      Examples
        ablate check quickstart    # pipelines/quickstart.yaml
        ablate check --all --json  # for an editor or a CI job

      Pipeline
        -S, --set a.b=1       set a value of the pipeline, such as params.seed=7
            --params FILE     take params from a YAML or JSON file
            --allow-path DIR  let the pipeline name files below DIR, outside the
                              project

      Check
            --all             check every pipeline of the project

      Everywhere
        -C, --directory DIR   work as if started in DIR
            --store DIR       where values are kept (default: artifacts/ of the
                              project)
            --results DIR     where files for people are laid out (default: results/)
            --engine NAME     what computes tensors: auto, cpu, cuda, webgpu, … (see
                              doctor)
            --profile NAME    take settings from this profile of ablate.yaml
            --json            print one JSON document instead of text
        -q, --quiet           print only errors and results
        -v, --verbose         print more, such as stages that are known
            --no-color        print without colours
        -h, --help            print this help
            --version         print the version
      "
    `)
  })
  it("puts text below names where the terminal is narrow", () => {
    const text = overview("1.0.0", memoryTerminal({ columns: 34 }))
    assert.include(text, "  run\n      run what is not known yet\n")
  })
})
