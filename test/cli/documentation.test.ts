/** `docs/cli.md` says everything that the command line has. */
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { globalFlags } from "../../src/cli/command.ts"
import { commandEntries } from "../../src/cli/commands.ts"

const page = readFileSync(new URL("../../docs/cli.md", import.meta.url), "utf8")

/** A command's own section, or that of its family, with what all commands share before it. */
const sectionOf = (name: string): string => {
  const start = page.indexOf(`\n### ${name.split(" ")[0]}\n`)
  assert.isAbove(start, 0, `${name} has no section`)
  const end = page.indexOf("\n### ", start + 1)
  return page.slice(0, page.indexOf("## Exit codes")) + page.slice(start, end)
}

describe("docs/cli.md", () => {
  it.each(commandEntries.map(({ name }) => name))(
    "describes `%s` with all its flags",
    async (name) => {
      const entry = commandEntries.find((entry) => entry.name === name)
      const section = sectionOf(name)
      assert.include(section, name)
      const { command } = await entry!.load()
      for (const { flags } of [...command.flags, globalFlags]) {
        for (const flag of flags) {
          assert.include(section, `\`--${flag.name}`, `${name} --${flag.name}`)
          if (flag.short !== undefined)
            assert.include(section, `\`-${flag.short}\``, `${name} -${flag.short}`)
        }
      }
    }
  )

  it.each(commandEntries.map(({ name }) => name))("documents the JSON of `%s`", (name) => {
    const lines = page.slice(page.indexOf("\n## JSON\n")).split("\n")
    const isStore = name.startsWith("store ")
    const heading = lines.find((line) =>
      isStore
        ? line.startsWith("// ") && line.includes(name)
        : line.startsWith("### ") && line.includes(`\`${name} --json\``)
    )
    assert.isDefined(heading, name)
  })
})
