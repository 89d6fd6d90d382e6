import { assert, describe, it } from "@effect/vitest"
import { UserError } from "../../src/base/user-error.ts"
import type { Command } from "../../src/cli/command.ts"
import { parseCall, splitCommand } from "../../src/cli/parse.ts"

const command: Pick<Command, "name" | "flags" | "args" | "usage"> = {
  name: "run",
  usage: ["run [FILE] [STAGE...]"],
  args: { min: 0, max: 3 },
  flags: [
    {
      title: "Run",
      flags: [
        { name: "jobs", short: "j", value: "N", summary: "so many at once" },
        { name: "set", short: "S", value: "a.b=1", repeatable: true, summary: "set a value" },
        { name: "keep-going", short: "k", summary: "go on" },
        { name: "format", value: "F", choices: ["text", "svg"], summary: "how" }
      ]
    }
  ]
}
const parse = (line: string) =>
  parseCall(
    command,
    line.split(" ").filter((word) => word !== "")
  )

const mistake = async (line: string): Promise<{ message: string; hint: string | undefined }> => {
  try {
    await parse(line)
  } catch (error) {
    if (error instanceof UserError) return { message: error.message, hint: error.hint }
    throw error
  }
  throw new Error(`${line} should be a wrong call`)
}

describe("parseCall", () => {
  it("reads flags in every form, anywhere, and repeated", async () => {
    const { args, flags } = await parse(
      "quickstart -j4 -S a=1 --set=b=x=2 noisy -kv --json -- -odd"
    )
    assert.deepStrictEqual(args, ["quickstart", "noisy", "-odd"])
    assert.strictEqual(flags.integer("jobs", 1), 4)
    assert.deepStrictEqual(flags.all("set"), ["a=1", "b=x=2"])
    assert.isTrue(flags.has("keep-going") && flags.has("verbose") && flags.has("json"))
    assert.isFalse(flags.has("quiet"))
  })
  it("takes the last of a flag that is given twice", async () => {
    assert.strictEqual((await parse("-j 2 --jobs 3")).flags.integer("jobs", 1), 3)
  })
  it("names the nearest flag", async () => {
    assert.deepStrictEqual(await mistake("--jbos 3"), {
      message: "ablate run has no flag --jbos",
      hint: "did you mean --jobs?"
    })
    assert.strictEqual((await mistake("-K")).hint, "did you mean --keep-going?")
    assert.strictEqual((await mistake("--zzzzzz")).hint, "`ablate run --help` lists its flags")
    assert.strictEqual((await mistake("--C x")).message, "ablate run has no flag --C")
  })
  it("says that a value is missing, or is not taken", async () => {
    assert.strictEqual((await mistake("--jobs")).message, "--jobs needs a value")
    assert.strictEqual((await mistake("-S --json")).message, "-S needs a value")
    assert.include((await mistake("-S -k")).hint ?? "", "write -S a.b=1")
    assert.include((await mistake("--json=1")).message, "--json takes no value")
    assert.include((await mistake("--format png")).message, "expected text or svg")
  })
  it("wants whole numbers", async () => {
    for (const bad of ["0", "-1", "1.5", "two", "1e99"]) {
      const { flags } = await parse(`--jobs=${bad}`)
      assert.throws(() => flags.integer("jobs", 1), /expected a whole number of at least 1/)
    }
  })
  it("counts arguments, except when help is asked for", async () => {
    assert.strictEqual((await mistake("a b c d")).message, 'ablate run: what is "d"?')
    assert.isTrue((await parse("a b c d --help")).flags.has("help"))
  })
  it("takes asking for an undeclared flag for a bug", async () => {
    const { flags } = await parse("")
    assert.throws(() => flags.has("dryrun"), TypeError)
  })
})

describe("splitCommand", () => {
  it("lets global flags stand before the command", () => {
    assert.deepStrictEqual(splitCommand(["-C", "run", "--json", "plan", "x"]), {
      before: ["-C", "run", "--json"],
      name: "plan",
      rest: ["x"]
    })
    assert.deepStrictEqual(splitCommand(["-h"]), { before: ["-h"], rest: [] })
  })
})
