/** `ablate weights …` as a user calls it, against a hub on this machine. */
import { assert, describe, it } from "vitest"
import { readFileSync, rmSync, writeFileSync, realpathSync } from "node:fs"
import { join } from "node:path"
import { hub } from "../pretrained/hub.ts"
import {
  modelFiles,
  newFolder,
  newProject,
  repository,
  writeFiles
} from "../pretrained/small-model.ts"
import { ablate } from "../support/project.ts"

/** Nobody's token, nobody's cache. */
const bare = () => ({
  HOME: newFolder(),
  XDG_CACHE_HOME: "",
  HF_HOME: "",
  HF_HUB_CACHE: "",
  HF_TOKEN: ""
})
const json = (text: string) => JSON.parse(text)

describe("ablate weights", () => {
  it("downloads, finds, verifies, and notices damage", async () => {
    const [cwd, { endpoint, requests }] = [
      newProject(),
      await hub({ repository, files: modelFiles })
    ]
    const how = { cwd, env: { ...bare(), HF_ENDPOINT: endpoint } }
    const before = json((await ablate(["weights", "list", "--json"], how)).stdout)
    const small = before.weights.find(({ name }: { readonly name: string }) => name === "small")
    assert.deepInclude(small, {
      state: "missing",
      where: null,
      folder: null,
      sizeBytes: 0,
      repository
    })

    const got = await ablate(["weights", "get", "small"], how)
    const folder = join(cwd, "weights", "small")
    assert.deepStrictEqual([got.code, got.stdout], [0, `${folder}\n`], got.stderr)
    assert.match(got.stderr, /small is here\n$/)
    const asked = requests.length
    const again = await ablate(["weights", "get", "small"], how)
    assert.deepStrictEqual([again.code, again.stderr], [0, "small was here already\n"])
    assert.strictEqual(requests.length, asked)

    const list = await ablate(["weights", "list"], how)
    assert.match(list.stdout, /^small +here +15\d kB +weights\/small +Test Licence$/m)
    assert.match(list.stdout, /^if-i-m +missing +DeepFloyd IF License Agreement$/m)
    const verified = await ablate(["weights", "verify"], how)
    assert.strictEqual(verified.code, 0, verified.stderr)
    assert.match(verified.stdout, /^✓ small {2}5 files \(15\d kB\) in /)

    const file = join(folder, "unet/model.safetensors")
    writeFileSync(file, readFileSync(file).subarray(0, -1))
    const damaged = await ablate(["weights", "verify", "small"], how)
    assert.strictEqual(damaged.code, 1)
    assert.match(
      damaged.stdout,
      /^✗ small [^]*\n {2}unet\/model.safetensors: it has \d+ bytes where \d+ should be\n$/
    )
    const document = json((await ablate(["weights", "verify", "small", "--json"], how)).stdout)
    assert.isFalse(document.weights[0].sound)
    rmSync(file)
    const mended = await ablate(["weights", "get", "small", "-q"], how)
    assert.deepStrictEqual([mended.code, mended.stderr], [0, ""])
    assert.strictEqual((await ablate(["weights", "verify", "small", "-q"], how)).code, 0)
  })

  it("takes files from where they are", async () => {
    const [cwd, copy] = [newProject(), writeFiles(newFolder())]
    const how = { cwd, env: bare() }
    const linked = await ablate(["weights", "link", "small", copy], how)
    assert.deepStrictEqual([linked.code, linked.stderr], [0, `small is taken from ${copy}\n`])
    assert.strictEqual(realpathSync(join(cwd, "weights", "small")), realpathSync(copy))
    // A pipeline may read it there, though it lies outside of the project.
    writeFiles(cwd, {
      "pipelines/embedded.yaml":
        "stages: { prompts: { uses: embed/text, with: { folder: weights/small, prompts: [a] } } }\n"
    })
    const checked = await ablate(["check", "embedded"], how)
    assert.deepStrictEqual([checked.code, checked.stdout.includes("no problems")], [0, true])
    const verified = await ablate(["weights", "verify", "small", "-v"], how)
    assert.strictEqual(verified.code, 0)
    assert.include(verified.stdout, "unet/config.json: is sound; no hash is known")
    assert.include(verified.stdout, "of 5 files no hash is known")
    const wrong = await ablate(["weights", "link", "small", newFolder()], how)
    assert.strictEqual(wrong.code, 2)
    assert.include(wrong.stderr, "lacks 3 files of small")
  })

  it("says what to do about a licence, a wrong name, and what is not here", async () => {
    const { endpoint } = await hub({
      repository,
      files: modelFiles,
      first: (_, response) => {
        response.writeHead(401).end()
        return true
      }
    })
    const how = { cwd: newProject(), env: { ...bare(), HF_ENDPOINT: endpoint } }
    const refused = await ablate(["weights", "get", "small"], how)
    assert.strictEqual(refused.code, 1)
    assert.match(refused.stderr, /error: Hugging Face gives ablate-tests\/small only to /)
    assert.match(refused.stderr, /hint: {2}accept the licence \(Test Licence\)/)
    const named = await ablate(["weights", "get", "smal"], how)
    assert.strictEqual(named.code, 2)
    assert.include(named.stderr, "did you mean small?")
    const absent = await ablate(["weights", "verify", "small"], how)
    assert.strictEqual(absent.code, 1)
    assert.include(absent.stderr, "the weights small (A small model) are not here")
    assert.include((await ablate(["weights", "verify"], how)).stderr, "no pretrained model is here")
  })
})
