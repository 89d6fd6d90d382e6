import { assert, describe, it } from "vitest"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { UserError } from "../../src/base/user-error.ts"
import { decodeManifest } from "../../src/pretrained/manifest.ts"
import { manifestNames, readManifest } from "../../src/pretrained/manifests.ts"
import { checkout } from "../support/project.ts"
import { manifestText, newFolder, newProject } from "./small-model.ts"

const problems = (text: string): string => {
  try {
    decodeManifest("small", text, "weights/small.yaml")
  } catch (error) {
    assert.instanceOf(error, UserError)
    return error.message
  }
  return assert.fail("it was taken")
}

describe("a manifest", () => {
  it("says what it says", () => {
    const { files, licence, name, source } = decodeManifest("small", manifestText, "small.yaml")
    assert.strictEqual(name, "small")
    assert.deepStrictEqual(source, { repository: "ablate-tests/small", revision: "main" })
    assert.isTrue(licence.mustBeAccepted)
    assert.deepStrictEqual(
      files.map(({ path }) => path),
      ["unet/config.json", "unet/model.safetensors", "text/model.safetensors.index.fp16.json"]
    )
  })

  it("that is wrong has every problem named with its line and column", () => {
    const wrong = manifestText
      .replace("title: A small model\n", "")
      .replace("revision: main", "revison: main")
      .replace("mustBeAccepted: true", "mustBeAccepted: perhaps")
      .replace("unet/config.json", "../config.json")
    const lines = problems(wrong).split("\n")
    assert.sameMembers(
      lines.map((line) => line.replace(/, got .*$/, "")),
      [
        "weights/small.yaml:1:1: title is missing",
        "weights/small.yaml:4:3: there is no key source.revison; did you mean revision?",
        "weights/small.yaml:3:3: source.revision is missing",
        "weights/small.yaml:8:3: licence.mustBeAccepted: expected boolean",
        "weights/small.yaml:11:5: files[0].path: expected a path below the model's folder, such as unet/config.json"
      ]
    )
  })

  it("is refused for paths that lead elsewhere, wrong hashes, and files that are there twice", () => {
    for (const path of ["/etc/passwd", "a/../b", "..", "./a", "a//b", "a\\b", "C:x", "a/"]) {
      assert.include(
        problems(manifestText.replace("unet/config.json", JSON.stringify(path))),
        ":12:5: files[0].path",
        path
      )
    }
    const hash = (text: string) =>
      manifestText.replace("unet/config.json", `unet/config.json\n    sha256: ${text}`)
    assert.include(problems(hash("abc")), "expected a SHA-256")
    assert.doesNotThrow(() => decodeManifest("small", hash("a".repeat(64)), "x"))
    assert.strictEqual(
      problems(`${manifestText}  - path: unet/config.json\n`),
      "weights/small.yaml:15:5: unet/config.json is there twice"
    )
    assert.include(
      problems(manifestText.replace(/files:[^]*$/, "files: []")),
      "expected at least one file"
    )
  })

  it("is refused when it is no YAML, or another", () => {
    assert.match(problems("title: [a"), /^weights\/small.yaml:1:\d+: /)
    assert.match(problems("title: a\ntitle: b"), /^weights\/small.yaml:2:1: /)
    assert.match(problems(""), /^weights\/small.yaml:1:1: /)
    assert.match(problems("- a"), /^weights\/small.yaml:1:1: /)
  })
})

describe("the manifests", () => {
  it("that ablate brings are all sound, and say where their files come from", () => {
    const files = readdirSync(join(checkout, "weights")).filter((file) => file.endsWith(".yaml"))
    const names = ["if-i-l", "if-i-m", "if-i-xl", "if-ii-l", "if-ii-m", "t5-v1_1-xxl"]
    assert.includeMembers(
      files,
      names.map((name) => `${name}.yaml`)
    )
    for (const name of names) {
      const { files, licence, source } = readManifest(name, newFolder())
      assert.match(source.repository, /^DeepFloyd\/IF-/)
      assert.strictEqual(licence.url, `https://huggingface.co/${source.repository}`)
      assert.isTrue(licence.mustBeAccepted)
      assert.isTrue(files.some(({ path }) => /\.safetensors(?:\.index\.fp16\.json)?$/.test(path)))
    }
  })

  it("of a project stand beside ablate's, and go before them", () => {
    const root = newProject()
    assert.includeMembers([...manifestNames(root)], ["small", "if-i-m"])
    assert.deepStrictEqual([...manifestNames(root)], manifestNames(root).toSorted())
    assert.strictEqual(readManifest("small", root).title, "A small model")
    assert.throws(
      () => readManifest("if-i-n", root),
      UserError,
      'there is no pretrained model "if-i-n"'
    )
    assert.throws(() => readManifest("../small", root), UserError, "there is no pretrained model")
  })

  it("name their shards' index as the files of the hub are called", () => {
    const text = readFileSync(join(checkout, "weights", "t5-v1_1-xxl.yaml"), "utf8")
    assert.include(text, "text_encoder/model.safetensors.index.fp16.json")
  })
})
