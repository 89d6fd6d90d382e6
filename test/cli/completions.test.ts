import { assert, beforeAll, describe, it } from "vitest"
import { execFileSync } from "node:child_process"
import { chmodSync, cpSync, mkdirSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { type Names, offer } from "../../src/cli/completions/candidates.ts"
import { checkout, launcher, temporaryFolder } from "../support/project.ts"

const names: Names = {
  pipelines: () => [{ text: "quickstart", note: "pipelines/quickstart.yaml" }],
  stagesOf: async (pipeline) => [{ text: `stage-of-${pipeline}` }],
  catalogue: () => [{ text: "noise/add" }, { text: "image/load" }],
  runs: () => [{ text: "last" }, { text: "brisk-otter-7" }],
  results: () => [{ text: "noisy" }, { text: "blur[k=3]" }],
  pins: () => [{ text: "figure-2" }]
}

const texts = async (line: string) => {
  const { candidates, paths } = await offer(line.split(" ").slice(1), names)
  return [...candidates.map(({ text }) => text), ...(paths === undefined ? [] : [`:${paths}`])]
}

describe("offer", () => {
  it("begins with commands, the second word of a family after the first", async () => {
    assert.deepStrictEqual(await texts("ablate gr"), ["graph"])
    assert.deepStrictEqual(await texts("ablate sto"), ["store"])
    assert.includeMembers(await texts("ablate store "), ["gc", "verify", "pin", "tag"])
    assert.notInclude(await texts("ablate "), "__complete")
  })

  it("knows what each command takes from its usage", async () => {
    assert.deepStrictEqual(await texts("ablate run q"), ["quickstart", ":files"])
    assert.deepStrictEqual(await texts("ablate run quickstart st"), ["stage-of-quickstart"])
    assert.deepStrictEqual(await texts("ablate stages im"), ["image/load"])
    assert.deepStrictEqual(await texts("ablate show no"), ["noisy", ":files"])
    assert.deepStrictEqual(await texts("ablate diff last br"), ["brisk-otter-7", ":files"])
    assert.deepStrictEqual(await texts("ablate completions z"), ["zsh"])
    assert.deepStrictEqual(await texts("ablate store unpin "), ["figure-2"])
  })

  it("offers flags, and the values that a flag may have", async () => {
    assert.deepStrictEqual(await texts("ablate graph --exp"), ["--expand"])
    assert.deepStrictEqual(await texts("ablate graph --format m"), ["mermaid"])
    assert.deepStrictEqual(await texts("ablate graph --format=m"), ["--format=mermaid"])
    assert.deepStrictEqual(await texts("ablate graph -o "), [":files"])
    assert.deepStrictEqual(await texts("ablate show --store "), [":folders"])
  })

  it("is not led astray by flags before the command or by their values", async () => {
    assert.deepStrictEqual(await texts("ablate --json graph --exp"), ["--expand"])
    assert.deepStrictEqual(await texts("ablate run --set params.seed=1 q"), [
      "quickstart",
      ":files"
    ])
  })

  it("offers nothing where nothing can follow", async () => {
    assert.deepStrictEqual(await texts("ablate doctor "), [])
    assert.deepStrictEqual(await texts("ablate run --set "), [])
  })
})

describe("the script for Bash, in Bash", () => {
  const project = temporaryFolder()
  const bin = path.join(project, "bin")

  beforeAll(() => {
    mkdirSync(bin)
    writeFileSync(
      path.join(bin, "ablate"),
      `#!/bin/sh\nexec "${process.execPath}" "${launcher}" "$@"\n`
    )
    chmodSync(path.join(bin, "ablate"), 0o755)
    cpSync(path.join(checkout, "pipelines"), path.join(project, "pipelines"), { recursive: true })
    mkdirSync(path.join(project, "pictures"))
  })

  /** What Bash would offer for a line with the cursor at its end; words as Bash parts them, also at `=`. */
  const complete = (line: string) => {
    const words = line.split(/ |(?==)|(?<==)/).map((word) => `'${word}'`)
    const script = [
      "set -eu",
      "source <(ablate completions bash)",
      "complete -p ablate > /dev/null",
      `COMP_LINE='${line}' COMP_POINT=${line.length} COMP_WORDS=(${words.join(" ")}) COMP_CWORD=${words.length - 1}`,
      "_ablate",
      `printf '%s\\n' "\${COMPREPLY[@]+"\${COMPREPLY[@]}"}"`
    ].join("\n")
    const env = {
      ...process.env,
      PATH: `${bin}:${process.env["PATH"]}`,
      XDG_CONFIG_HOME: "/nonexistent"
    }
    const text = execFileSync("bash", ["-c", script], { cwd: project, encoding: "utf8", env })
    return text.split("\n").filter((word) => word !== "")
  }

  it("completes commands, pipelines and stages", () => {
    assert.deepStrictEqual(complete("ablate compl"), ["completions"])
    assert.deepStrictEqual(complete("ablate run quick"), ["quickstart"])
    assert.include(complete("ablate run quickstart "), "samples")
  })

  it("completes only what comes after the = where Bash has parted the word", () => {
    assert.deepStrictEqual(complete("ablate graph --format=me"), ["mermaid"])
  })

  it("leaves files and folders to Bash", () => {
    assert.deepStrictEqual(complete("ablate show --store pic"), ["pictures"])
    assert.deepStrictEqual(complete("ablate graph -o pipelines/quick"), [
      "pipelines/quickstart.yaml"
    ])
  })
})
