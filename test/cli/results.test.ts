/** `show`, `diff`, `graph` and `store` on two real runs of the lighthouse. */
import { assert, beforeAll, describe, it } from "vitest"
import {
  existsSync,
  readFileSync,
  readdirSync,
  statSync,
  truncateSync,
  chmodSync,
  writeFileSync
} from "node:fs"
import * as path from "node:path"
import { call } from "../../src/cli/main.ts"
import { memoryTerminal } from "../../src/cli/terminal.ts"
import { decodeSafetensors } from "../../src/safetensors/decode.ts"
import { ablate as spawned, checkout, temporaryFolder } from "../support/project.ts"

const folder = temporaryFolder()
const store = path.join(folder, "store")
const results = path.join(folder, "results")

interface Called {
  readonly code: number
  readonly out: string
  readonly err: string
}

const ablate = async (
  argv: ReadonlyArray<string>,
  env: NodeJS.ProcessEnv = {}
): Promise<Called> => {
  const [out, err] = [memoryTerminal({ color: env["FORCE_COLOR"] !== undefined }), memoryTerminal()]
  const code = await call([...argv, "--store", store, "--results", results], {
    env: { XDG_CONFIG_HOME: "/nonexistent", ...env },
    cwd: checkout,
    ownStages: path.join(checkout, "stages"),
    out,
    err
  })
  return { code, out: out.text(), err: err.text() }
}

// oxlint-disable-next-line typescript/no-explicit-any -- documents of many shapes, each checked where it is read
const json = async (...argv: ReadonlyArray<string>): Promise<any> =>
  JSON.parse((await ablate([...argv, "--json"])).out)

beforeAll(async () => {
  for (const seed of ["180", "181"]) {
    const run = [
      "run",
      "lighthouse",
      "-S",
      `params.seed=${seed}`,
      "--store",
      store,
      "--results",
      results
    ]
    const { code, stderr } = await spawned(run)
    assert.strictEqual(code, 0, stderr)
  }
}, 120_000)

describe("show", () => {
  it("begins with the newest run: its parameters and results", async () => {
    const { code, out } = await ablate(["show"])
    assert.strictEqual(code, 0)
    assert.match(out, /^[a-z]+-[a-z]+-\d+ {2}lighthouse {2}done\n/)
    assert.match(out, /seed 181/)
    assert.match(out, /\n +noisy\.noise +Images\[6,64,64,3\] in \[-1,1\] +[0-9a-f]{12}/)
    assert.include((await ablate(["show", "last~1"])).out, "seed 180")
  })

  it("tells of a stage how it was made, what it read, and the numbers of its outputs", async () => {
    const { out } = await ablate(["show", "noisy"])
    assert.match(out, /^noisy {2}noise\/add\n/)
    assert.match(out, /made by +noise\/add in [a-z]+-[a-z]+-\d+ .*, took /)
    assert.match(out, /parameters +timesteps \[0, 90, 250, 500, 750, 960\] · seed 181/)
    assert.match(out, /reads +image from photo\.image · schedule from schedule\.schedule/)
    assert.match(out, /labels +t=0, t=90, t=250, t=500, t=750, t=960/)
  })

  it("names the run that executed a stage, not a later one that found it known", async () => {
    const [before, photo] = [await json("show", "last~1"), await json("show", "photo.image")]
    assert.strictEqual(photo.made.run, before.run.name)
    assert.strictEqual(photo.made.instance, "photo")
  })

  it("samples a schedule and lays metrics out as a table", async () => {
    const schedule = await ablate(["show", "schedule.schedule"])
    assert.match(schedule.out, /\n +250 +0\.00132722 +0\.845888\n/)
    const metrics = await ablate(["show", "quality.metrics"])
    assert.match(metrics.out, /\n +index +label +mse +psnr +ssim +identical\n/)
  })

  it("finds anything by the beginning of its digest or key", async () => {
    const { digest, made } = await json("show", "noisy.noisy")
    assert.strictEqual((await json("show", digest.slice(0, 12))).digest, digest)
    const byKey = await json("show", made.key.slice(0, 12))
    assert.deepStrictEqual([byKey.kind, byKey.id], ["instance", "noisy"])
  })

  it("lists what a short prefix may mean, and names what is near to a word", async () => {
    const names = readdirSync(path.join(store, "cas", "sha256")).flatMap((prefix) =>
      readdirSync(path.join(store, "cas", "sha256", prefix)).map((rest) => prefix + rest)
    )
    const none = ["0000", "ffff", "abcd"].find(
      (prefix) => !names.some((name) => name.startsWith(prefix))
    )
    assert.match(
      (await ablate(["show", none ?? ""])).err,
      /nothing in the store has a digest or a key/
    )
    const near = await ablate(["show", "nosy"])
    assert.strictEqual(near.code, 2)
    assert.match(near.err, /did you mean noisy\?/)
    assert.match((await ablate(["show", "noisy.nois"])).err, /did you mean noisy\.noise\?/)
    assert.match((await ablate(["show", "noisy", "--run", "lost"])).err, /there is no run lost/)
  })

  it("draws the picture where the terminal can", async () => {
    const env = { ABLATE_PICTURES: "blocks", FORCE_COLOR: "1" }
    const { out } = await ablate(["show", "photo.image"], env)
    assert.match(out, /\[38;2;\d+;\d+;\d+m.*▀/)
    assert.notInclude((await ablate(["show", "photo.image"])).out, "▀")
  })
})

describe("show -o", () => {
  const file = path.join(folder, "noisy.png")

  it("writes a picture with its recipe, and finds its origin again", async () => {
    await ablate(["show", "noisy.noisy", "-o", file])
    const found = await json("show", file)
    assert.strictEqual(found.kind, "file")
    assert.strictEqual(found.recipe.instance, "noisy")
    assert.strictEqual(found.recipe.params.seed, 181)
    assert.strictEqual(found.made.key, found.recipe.key)
    assert.isTrue(found.present)
    const { out } = await ablate(["show", file])
    assert.match(out, /noisy\.noisy/)
    assert.match(out, /✓ its value is in the store/)
  })

  it("finds the origin of the files that a run laid out", async () => {
    const found = await json("show", path.join(results, "lighthouse", "lighthouse.png"))
    assert.deepStrictEqual([found.made.instance, found.present], ["picture", true])
  })

  it("says what it knows where the store has never seen the file", async () => {
    const [out, err] = [memoryTerminal(), memoryTerminal()]
    const elsewhere = ["show", file, "--store", path.join(folder, "other")]
    const around = { env: {}, cwd: folder, ownStages: path.join(checkout, "stages"), out, err }
    assert.strictEqual(await call(elsewhere, around), 0)
    assert.match(out.text(), /seed 181/)
    assert.match(out.text(), /its value is not in this store/)
  })

  it("writes tensors bit for bit, and values of other types as JSON", async () => {
    const tensors = path.join(folder, "noisy.safetensors")
    await ablate(["show", "noisy.noisy", "-o", tensors])
    const { metadata, tensors: found } = decodeSafetensors(readFileSync(tensors))
    assert.strictEqual(JSON.parse(metadata["ablate"] ?? "").instance, "noisy")
    const { files } = await json("show", "noisy.noisy")
    const stored = decodeSafetensors(readFileSync(files[0].path)).tensors
    assert.deepStrictEqual([...found], [...stored])

    const schedule = path.join(folder, "schedule.json")
    await ablate(["show", "schedule.schedule", "-o", schedule])
    const content = JSON.parse(readFileSync(schedule, "utf8"))
    assert.closeTo(content.value.alphaBar[250], 0.84588799, 1e-8)
    assert.strictEqual((await json("show", schedule)).recipe.uses, "schedule/cosine")
  })

  it("writes everything that a run made into a folder", async () => {
    await ablate(["show", "last", "-o", path.join(folder, "all/")])
    assert.includeMembers(readdirSync(path.join(folder, "all")), [
      "noisy.noisy.png",
      "quality.metrics.json",
      "picture.lighthouse.png"
    ])
  })

  it("refuses a format that the type does not have, and several values in one file", async () => {
    const wrong = await ablate(["show", "schedule.schedule", "-o", path.join(folder, "x.png")])
    assert.strictEqual(wrong.code, 2)
    assert.match(wrong.err, /use a name that ends in \.json/)
    const many = await ablate(["show", "noisy", "-o", path.join(folder, "x.png")])
    assert.match(many.err, /2 values cannot be written into one file/)
    assert.isFalse(existsSync(path.join(folder, "x.png")))
  })

  it("says of a picture without a recipe that it has none", async () => {
    const plain = path.join(folder, "plain.png")
    const { default: sharp } = await import("sharp")
    await sharp({ create: { width: 2, height: 2, channels: 3, background: "red" } }).toFile(plain)
    const { code, err } = await ablate(["show", plain])
    assert.strictEqual(code, 2)
    assert.match(err, /has no recipe in it/)
  })
})

describe("diff", () => {
  it("compares the newest run with the one before it, and exits with 1 where they differ", async () => {
    const { code, out } = await ablate(["diff"])
    assert.strictEqual(code, 1)
    assert.match(out, /params\n +seed +180 → 181/)
    assert.match(out, /noisy {2}noise\/add\n +seed: 180 → 181\n/)
    assert.match(out, /input images: content changed, from noisy/)
    assert.match(out, /noisy +different: .*largest difference .* MSE .*PSNR [\d.]+\s+dB/s)
    assert.match(out, /mse: 0\.\d+ → 0\.\d+ \([+-]0\.\d+\)/)
    assert.match(out, /the same: 2 of 8 stages/)
  })

  it("exits with 0 where nothing differs", async () => {
    const { code, out } = await ablate(["diff", "last", "last"])
    assert.strictEqual(code, 0)
    assert.match(out, /the same: all 8 stages that both have/)
    assert.strictEqual((await ablate(["diff", "last~1", "last", "photo"])).code, 0)
  })

  it("gives the numbers as JSON", async () => {
    const found = await json("diff", "last~1", "last", "noisy")
    assert.isTrue(found.different)
    assert.deepStrictEqual(found.changed[0].causes, [
      { kind: "parameter", path: "seed", before: "180", after: "181" }
    ])
    const { difference } = found.changed[0].outputs.noisy
    assert.strictEqual(difference.kind, "numbers")
    assert.closeTo(difference.psnr, 10 * Math.log10(4 / difference.mse), 1e-9)
  })

  it("compares two values, and two stages", async () => {
    const values = await json("diff", "noisy.noisy", "blurred.images")
    assert.deepStrictEqual([values.kind, values.difference.kind], ["values", "numbers"])
    const stages = await ablate(["diff", "noisy", "blurred"])
    assert.match(stages.out, /noisy → blurred {2}noise\/add → denoise\/gaussian-blur/)
  })

  it("prints nothing when it shall be quiet", async () => {
    assert.deepStrictEqual(await ablate(["diff", "-q"]), { code: 1, out: "", err: "" })
  })

  it("does not compare a run with a value", async () => {
    const { code, err } = await ablate(["diff", "last", "noisy.noisy"])
    assert.strictEqual(code, 2)
    assert.match(err, /is a run, and the other is not/)
  })
})

describe("graph", () => {
  it("shows what is known", async () => {
    const { out } = await ablate(["graph", "lighthouse", "--states", "-S", "params.seed=182"])
    assert.match(out, /● +photo +image\/load +known\n/)
    assert.match(out, /● +noisy +noise\/add +will run\n/)
    assert.match(out, /depends\n/)
  })

  it("takes the format from the file's ending", async () => {
    const file = path.join(folder, "graph.svg")
    await ablate(["graph", "lighthouse", "-o", file])
    assert.match(readFileSync(file, "utf8"), /^<svg /)
    const unknown = await ablate(["graph", "lighthouse", "-o", path.join(folder, "graph.xyz")])
    assert.strictEqual(unknown.code, 2)
  })

  it("is data for programs", async () => {
    const graph = await json("graph", "lighthouse")
    assert.deepStrictEqual([graph.version, graph.nodes.length], [1, 8])
    assert.deepInclude(graph.edges, {
      from: "photo",
      to: "noisy",
      ports: [{ from: "image", to: "image" }]
    })
  })
})

describe("store", () => {
  it("says what gc would remove, and does not remove it", async () => {
    const { code, out } = await ablate(["store", "gc", "-n", "--keep", "1", "--grace", "0"])
    assert.strictEqual(code, 0)
    assert.match(out, /runs that would go: [a-z]+-[a-z]+-\d+\n/)
    assert.match(out, /would be freed, keeping the newest 1 run, tags and pins/)
    assert.strictEqual((await ablate(["show", "last~1"])).code, 0)
  })

  it("keeps what is pinned or tagged, until it is unpinned", async () => {
    await ablate(["store", "tag", "last~1", "paper"])
    await ablate(["store", "pin", "noisy.noisy", "figure-2"])
    const { kept } = await json("store", "pins")
    assert.deepStrictEqual(
      kept.map(({ kind, name }: { kind: string; name: string }) => [kind, name]),
      [
        ["tag", "paper"],
        ["pin", "figure-2"]
      ]
    )
    const gc = await json("store", "gc", "-n", "--keep", "1", "--grace", "0")
    assert.deepStrictEqual(gc.runs, [])
    assert.match((await ablate(["show", "paper"])).out, /seed 180/)
    await ablate(["store", "unpin", "paper"])
    await ablate(["store", "unpin", "figure-2"])
    assert.deepStrictEqual((await json("store", "pins")).kept, [])
    assert.match((await ablate(["store", "unpin", "paper"])).err, /there is no pin named paper/)
  })

  it("counts by kind and by type", async () => {
    const { out } = await ablate(["store", "stats"])
    assert.match(out, /files of values +\d+ +[\d.]+ MB/)
    assert.match(out, /Values by type\n(?:.*\n)* +NoiseSchedule +1 /)
  })

  it("says what a word is that it cannot show", async () => {
    const picture = path.join(folder, "text.png")
    writeFileSync(picture, "hello")
    assert.include((await ablate(["show", picture])).err, `error: ${picture}: this is not a PNG`)
    assert.include((await ablate(["show", "gone.png"])).err, "error: there is no file gone.png")
    for (const word of ["lighthouse", "pipelines/lighthouse.yaml"]) {
      assert.match(
        (await ablate(["show", word])).err,
        /is a pipeline.*\nhint: {2}its newest run is /
      )
    }
    assert.strictEqual((await ablate(["runs", "quikstart"])).out, "no runs of quikstart yet\n")
  })

  // The last test: it damages the store.
  it("finds damage, says whom it affects and how to mend it, and finds nothing the second time", async () => {
    assert.strictEqual((await ablate(["store", "verify"])).code, 0)
    const { files } = await json("show", "noisy.noisy")
    chmodSync(files[0].path, 0o644)
    truncateSync(files[0].path, statSync(files[0].path).size - 1)
    const { code, out } = await ablate(["store", "verify"])
    assert.strictEqual(code, 1)
    assert.match(out, /its content is not what it was/)
    assert.match(out, /: noisy\n/)
    assert.match(out, /ablate run pipelines\/lighthouse\.yaml/)
    const { out: shown } = await ablate(["show", "noisy.noisy"])
    assert.match(
      shown,
      /it is no longer in the store; `ablate run pipelines\/lighthouse\.yaml 'noisy'`/
    )
    const again = await spawned([
      "run",
      "lighthouse",
      "-S",
      "params.seed=181",
      "--store",
      store,
      "--results",
      results
    ])
    assert.strictEqual(again.code, 0, again.stderr)
    assert.strictEqual((await ablate(["store", "verify"])).code, 0)
  })
})

it("says that there is no store where there is none", async () => {
  const [out, err] = [memoryTerminal(), memoryTerminal()]
  const around = { env: {}, cwd: folder, ownStages: path.join(checkout, "stages"), out, err }
  assert.strictEqual(await call(["show", "--store", path.join(folder, "none")], around), 2)
  assert.match(err.text(), /there is no store at .*none yet/)
  assert.isFalse(existsSync(path.join(folder, "none")))
})
