import { assert, describe, it } from "vitest"
import { spawnSync } from "node:child_process"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import type { ServerResponse } from "node:http"
import { hostname } from "node:os"
import { join } from "node:path"
import { UserError } from "../../src/base/user-error.ts"
import { findPretrained, placeOf } from "../../src/pretrained/find.ts"
import { getPretrained, type GetRequest } from "../../src/pretrained/get.ts"
import { hubCacheFolder, hubToken } from "../../src/pretrained/hub-environment.ts"
import { linkedFolders } from "../../src/pretrained/linked-folders.ts"
import { linkPretrained } from "../../src/pretrained/link.ts"
import { readRecord, recordPath } from "../../src/pretrained/local-record.ts"
import { readManifest } from "../../src/pretrained/manifests.ts"
import { verifyPretrained } from "../../src/pretrained/verify.ts"
import { commit, gitHash, hub, type HubForm } from "./hub.ts"
import {
  manifestText,
  modelFiles,
  newFolder,
  newProject,
  repository,
  writeFiles
} from "./small-model.ts"

/** Nobody's token, nobody's cache. */
const bare = () => ({ HOME: newFolder() })

const getting = (root: string, env: NodeJS.ProcessEnv, more: Partial<GetRequest> = {}) =>
  getPretrained(readManifest("small", root), {
    root,
    env,
    log: () => {},
    progress: () => {},
    signal: new AbortController().signal,
    pauseMs: 1,
    ...more
  })

const open = (more: Partial<HubForm> = {}) => hub({ repository, files: modelFiles, ...more })

const refusal = async (work: Promise<unknown>): Promise<UserError> => {
  const error = await work.then(
    () => assert.fail("it was had"),
    (error: unknown) => error
  )
  if (!(error instanceof UserError)) throw error
  assert.strictEqual(error.exitCode, 1)
  return error
}

/** All files below a folder, parts with their process's name left out. */
const filesBelow = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name, parentPath }) => join(parentPath, name).slice(folder.length + 1))
    .map((name) => name.replace(/\.[^.]*-\d+\.part$/, ".part"))
    .toSorted()

const assertWhole = (root: string) => {
  const folder = join(root, "weights", "small")
  assert.deepStrictEqual(filesBelow(folder), Object.keys(modelFiles).toSorted())
  for (const [path, bytes] of Object.entries(modelFiles)) {
    assert.isTrue(bytes.equals(readFileSync(join(folder, path))), path)
  }
}

describe("getPretrained", () => {
  it("brings all files, shards too, and remembers the commit and what each file hashes to", async () => {
    const [root, env, { endpoint, requests }] = [newProject(), bare(), await open()]
    const told: Array<string> = []
    const request = { ...env, HF_ENDPOINT: `${endpoint}/`, HF_TOKEN: "hf_secret" }
    const got = await getting(root, request, {
      progress: (path, done, total) => told.push(`${path} ${done}/${total}`)
    })
    assert.deepStrictEqual(got, { folder: join(root, "weights", "small"), known: false })
    assertWhole(root)
    const size = modelFiles["unet/model.safetensors"]!.length
    assert.include(told, `unet/model.safetensors ${size}/${size}`)
    assert.strictEqual(
      requests[0],
      `/api/models/${repository}/revision/main?blobs=true Bearer hf_secret`
    )
    assert.isTrue(
      requests.slice(1).every((line) => line.startsWith(`/${repository}/resolve/${commit}/`))
    )
    assert.strictEqual(requests.length, 6)
    const record = readRecord("small", root)!
    assert.deepInclude(record, { kind: "downloaded", folder: "weights/small", commit })
    assert.deepStrictEqual(record.files["unet/config.json"], {
      sizeBytes: modelFiles["unet/config.json"]!.length,
      hash: { algorithm: "git-sha1", hex: gitHash(modelFiles["unet/config.json"]!) }
    })
    assert.strictEqual(findPretrained("small", { root, env }).folder, got.folder)
  })

  it("brings another commit when the manifest names one, though its files have the same sizes", async () => {
    const [root, env, first] = [newProject(), bare(), await open()]
    await getting(root, { ...env, HF_ENDPOINT: first.endpoint })
    const other = "f".repeat(40)
    const changed = Buffer.from(modelFiles["unet/model.safetensors"]!)
    changed[changed.length - 1]! ^= 1
    const files = { ...modelFiles, "unet/model.safetensors": changed }
    const second = await open({ commit: other, files })
    writeFileSync(
      join(root, "weights", "small.yaml"),
      manifestText.replace("revision: main", `revision: ${other}`)
    )
    assert.throws(
      () => findPretrained("small", { root, env }),
      UserError,
      `are of the commit ${commit}, and the manifest names ${other}`
    )
    const got = await getting(root, { ...env, HF_ENDPOINT: second.endpoint })
    assert.isFalse(got.known)
    assert.deepStrictEqual(second.requests.slice(1), [
      `/${repository}/resolve/${other}/unet/model.safetensors`
    ])
    assert.isTrue(changed.equals(readFileSync(join(got.folder, "unet/model.safetensors"))))
    assert.strictEqual(findPretrained("small", { root, env }).folder, got.folder)
  })

  it("downloads nothing twice", async () => {
    const [root, env, { endpoint, requests }] = [newProject(), bare(), await open()]
    const request = { ...env, HF_ENDPOINT: endpoint }
    await getting(root, request)
    const before = requests.length
    assert.isTrue((await getting(root, request)).known)
    assert.strictEqual(requests.length, before)
    // Of what has been lost, only that comes again.
    rmSync(join(root, "weights/small/unet/model.safetensors"))
    assert.isFalse((await getting(root, request)).known)
    assert.deepStrictEqual(requests.slice(before), [
      `/api/models/${repository}/revision/main?blobs=true`,
      `/${repository}/resolve/${commit}/unet/model.safetensors`
    ])
    assertWhole(root)
  })

  it("goes on where it was cut off, in the same call and in the next one", async () => {
    const bytes = modelFiles["unet/model.safetensors"]!
    let cut: ServerResponse | undefined
    const { endpoint, requests } = await open({
      first: (request, response) => {
        if (!request.url!.endsWith("unet/model.safetensors") || cut !== undefined) return false
        cut = response
        response.writeHead(200, { "content-length": bytes.length })
        response.write(bytes.subarray(0, 100_000))
        return true
      }
    })
    const [root, env] = [newProject(), bare()]
    const hangUp = () => cut?.destroy()
    await getting(root, { ...env, HF_ENDPOINT: endpoint }, { progress: hangUp })
    assertWhole(root)
    const asked = requests.filter((line) => line.includes("unet/model.safetensors"))
    assert.match(asked[1] ?? "", / bytes=[1-9]\d*-$/)

    const other = newProject()
    const dead = spawnSync(process.execPath, ["-e", ""]).pid
    writeFiles(join(other, "weights/small"), {
      [`unet/model.safetensors.${hostname()}-${dead}.part`]: bytes.subarray(0, 70_000)
    })
    await getting(other, { ...env, HF_ENDPOINT: endpoint })
    assertWhole(other)
    assert.match(requests.at(-4) ?? "", / bytes=70000-$/)
  })

  it("keeps what has come when it is interrupted, and nothing under a file's name", async () => {
    const bytes = modelFiles["unet/model.safetensors"]!
    const { endpoint } = await open({
      first: (request, response) => {
        if (!request.url!.endsWith("unet/model.safetensors")) return false
        response.writeHead(200, { "content-length": bytes.length })
        response.write(bytes.subarray(0, 1000))
        return true
      }
    })
    const [root, env, abort] = [newProject(), bare(), new AbortController()]
    const going = getting(
      root,
      { ...env, HF_ENDPOINT: endpoint },
      {
        signal: abort.signal,
        progress: (path) => {
          if (path.endsWith(".safetensors")) abort.abort(new Error("stopped"))
        }
      }
    )
    await going.then(
      () => assert.fail("it went on"),
      (error: Error) => assert.strictEqual(error.message, "stopped")
    )
    assert.deepStrictEqual(filesBelow(join(root, "weights/small")), [
      "unet/config.json",
      "unet/model.safetensors.part"
    ])
    const { hint = "", message } = missing(root, env)
    assert.include(message, "small are not complete")
    assert.include(message, "lacks unet/model.safetensors and 1 more")
    assert.include(hint, "`ablate weights get small` goes on")
  })

  it("does not tell the token to the server that large files come from", async () => {
    const [root, env] = [newProject(), bare()]
    const { endpoint, requests, storageRequests } = await open({ storage: true })
    await getting(root, { ...env, HF_ENDPOINT: endpoint, HF_TOKEN: "hf_secret" })
    assertWhole(root)
    assert.isTrue(requests.every((line) => line.endsWith(" Bearer hf_secret")))
    assert.strictEqual(storageRequests.length, 5)
    assert.isFalse(storageRequests.some((line) => line.includes("hf_secret")))
  })

  it("takes no file whose content is not what the hub says", async () => {
    const [root, env] = [newProject(), bare()]
    const says = { "unet/model.safetensors": { lfs: { sha256: "0".repeat(64), size: 1 } } }
    const { endpoint } = await open({ says })
    const { hint = "", message } = await refusal(getting(root, { ...env, HF_ENDPOINT: endpoint }))
    assert.match(
      message,
      /^unet\/model.safetensors cannot be downloaded: what it sent has SHA-256 [0-9a-f]{64}, not 0{64}$/
    )
    assert.include(hint, "ablate weights get small")
    assert.deepStrictEqual(filesBelow(join(root, "weights/small")), ["unet/config.json"])
    const longer = await open({ says: { "unet/config.json": { size: 10 } } })
    assert.include(
      (await refusal(getting(newProject(), { ...env, HF_ENDPOINT: longer.endpoint }))).message,
      "it sends more than 10 bytes"
    )
  })

  it("says when the manifest and the hub speak of different files", async () => {
    const env = bare()
    const { endpoint } = await open()
    const project = (change: string) =>
      newProject(manifestText.replace("- path: unet/model.safetensors", change))
    const named = await refusal(
      getting(project("- path: unet/other.safetensors"), { ...env, HF_ENDPOINT: endpoint })
    )
    assert.strictEqual(
      named.message,
      `${repository} has no file unet/other.safetensors at revision main`
    )
    assert.include(named.hint ?? "", "model.safetensors")
    for (const fact of ["sizeBytes: 3", `sha256: ${"a".repeat(64)}`]) {
      const root = project(`- path: unet/model.safetensors\n    ${fact}`)
      const { message } = await refusal(getting(root, { ...env, HF_ENDPOINT: endpoint }))
      assert.include(message, "is not the file that the manifest describes", fact)
    }
  })

  it("explains each refusal of the hub", async () => {
    const answering = (status: number, path = "") =>
      open({
        first: (request, response: ServerResponse) => {
          if (!request.url!.includes(path)) return false
          response.writeHead(status).end()
          return true
        }
      })
    const [root, env] = [newProject(), bare()]
    const refused = async (status: number, token?: string, path?: string) => {
      const { endpoint } = await answering(status, path)
      const given = token === undefined ? {} : { HF_TOKEN: token }
      const { hint = "", message } = await refusal(
        getting(root, { ...env, ...given, HF_ENDPOINT: endpoint })
      )
      return `${message}\n${hint}`
    }
    const accept = `accept the licence (Test Licence) at https://huggingface.co/${repository}`
    for (const status of [401, 403]) {
      const text = await refused(status)
      assert.include(text, accept)
      assert.include(text, "https://huggingface.co/settings/tokens")
      assert.include(text, "HF_TOKEN")
      // The list is public, the files are not.
      assert.include(await refused(status, undefined, "/resolve/"), accept)
    }
    assert.include(await refused(401, "hf_old"), "Hugging Face does not know the token")
    const other = await refused(403, "hf_mine")
    assert.include(other, "to this token's account: its licence has not been accepted")
    assert.include(other, accept)
    assert.include(await refused(404), `Hugging Face has no revision main of ${repository}`)
    assert.include(await refused(500), "answers 500")
    for (const text of [await refused(401, "hf_old"), other]) assert.notInclude(text, "hf_")
  })

  it("says when there is no network, or something else answers", async () => {
    const [root, env] = [newProject(), bare()]
    const unreachable = await refusal(getting(root, { ...env, HF_ENDPOINT: "http://127.0.0.1:1" }))
    assert.match(unreachable.message, /^http:\/\/127.0.0.1:1 cannot be reached: /)
    assert.include(unreachable.hint ?? "", "`ablate weights link small FOLDER`")
    for (const answer of [
      "<html>a proxy</html>",
      "{}",
      '{"sha":"x","siblings":[]}',
      `{"sha":"${commit}","siblings":[{}]}`
    ]) {
      const { endpoint } = await open({
        first: (_, response) => {
          response.end(answer)
          return true
        }
      })
      assert.include(
        (await refusal(getting(root, { ...env, HF_ENDPOINT: endpoint }))).message,
        "answers what is no list"
      )
    }
    const wrong = await getting(root, { ...env, HF_ENDPOINT: "hub" }).catch(
      (error: unknown) => error
    )
    assert.instanceOf(wrong, UserError)
  })

  it("asks again when the hub is busy", async () => {
    let busy = 2
    const { endpoint } = await open({
      first: (_, response) => {
        if (busy-- <= 0) return false
        response.writeHead(503).end()
        return true
      }
    })
    const root = newProject()
    await getting(root, { ...bare(), HF_ENDPOINT: endpoint })
    assertWhole(root)
  })

  it("says when the folder cannot be written", async () => {
    const { endpoint } = await open()
    const root = newProject()
    writeFileSync(join(root, "weights", "small"), "a file")
    assert.include(
      (await refusal(getting(root, { ...bare(), HF_ENDPOINT: endpoint }))).message,
      "weights/small cannot be made"
    )
  })
})

const missing = (root: string, env: NodeJS.ProcessEnv): UserError => {
  try {
    findPretrained("small", { root, env })
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
  return assert.fail("it was found")
}

/** As huggingface_hub lays it out: names in a snapshot are links to blobs that are named by their hashes. */
const cacheWith = (files: { readonly [path: string]: Buffer }, home = newFolder()): string => {
  const model = join(home, "hub", `models--${repository.replace("/", "--")}`)
  writeFiles(model, { "refs/main": commit })
  mkdirSync(join(model, "blobs"))
  for (const [path, bytes] of Object.entries(files)) {
    const blob = join(model, "blobs", gitHash(bytes))
    writeFileSync(blob, bytes)
    const link = join(model, "snapshots", commit, path)
    mkdirSync(join(link, ".."), { recursive: true })
    symlinkSync(blob, link)
  }
  return home
}

describe("findPretrained", () => {
  it("says which commands bring what is not here", () => {
    const { hint = "", message } = missing(newProject(), bare())
    assert.strictEqual(message, "the weights small (A small model) are not here")
    assert.include(hint, "`ablate weights get small`")
    assert.include(
      hint,
      `their licence has to be accepted first, at https://huggingface.co/${repository}`
    )
    assert.include(hint, "`ablate weights link small FOLDER`")
  })

  it("finds what Hugging Face's libraries have downloaded, wherever their cache is", async () => {
    const home = cacheWith(modelFiles)
    const user = newFolder()
    mkdirSync(join(user, ".cache"))
    symlinkSync(home, join(user, ".cache", "huggingface"))
    const snapshot = `hub/models--ablate-tests--small/snapshots/${commit}`
    for (const [env, folder] of [
      [{ HF_HOME: home }, home],
      [{ HF_HUB_CACHE: join(home, "hub") }, home],
      [{ HOME: user }, join(user, ".cache/huggingface")],
      [{ XDG_CACHE_HOME: join(user, ".cache"), HOME: "/nowhere" }, join(user, ".cache/huggingface")]
    ] as const) {
      const root = newProject()
      assert.strictEqual(findPretrained("small", { root, env }).folder, join(folder, snapshot))
      // Nothing is asked of a hub.
      assert.isTrue((await getting(root, { ...env, HF_ENDPOINT: "http://127.0.0.1:1" })).known)
      // And pipelines find it from now on.
      const place = realpathSync(join(root, "weights/small"))
      assert.strictEqual(place, realpathSync(join(folder, snapshot)))
    }
    assert.strictEqual(hubCacheFolder({ HF_HOME: "/a", HF_HUB_CACHE: "/b" }), "/b")
  })

  it("does not take another revision, or half a model", () => {
    const { "unet/model.safetensors": _, ...some } = modelFiles
    const { message } = missing(newProject(), { HF_HOME: cacheWith(some) })
    assert.include(message, `snapshots/${commit} lacks unet/model.safetensors`)
    const { ["text/model.fp16-00002-of-00002.safetensors"]: __, ...noShard } = modelFiles
    assert.include(
      missing(newProject(), { HF_HOME: cacheWith(noShard) }).message,
      "lacks text/model.fp16-00002-of-00002.safetensors"
    )
    const env = { HF_HOME: cacheWith(modelFiles) }
    const other = newProject(manifestText.replace("revision: main", `revision: ${"f".repeat(40)}`))
    assert.include(missing(other, env).message, "are not here")
    const exact = newProject(manifestText.replace("revision: main", `revision: ${commit}`))
    assert.include(findPretrained("small", { root: exact, env }).folder, commit)
  })
})

describe("linkPretrained", () => {
  const link = (root: string, folder: string) =>
    linkPretrained(readManifest("small", root), folder, root)

  it("takes a copy of the repository, a cache, or a model's folder in one", () => {
    const home = cacheWith(modelFiles)
    const model = join(home, "hub", "models--ablate-tests--small")
    const copy = writeFiles(newFolder())
    for (const [given, expected] of [
      [copy, copy],
      [home, join(model, "snapshots", commit)],
      [join(home, "hub"), join(model, "snapshots", commit)],
      [model, join(model, "snapshots", commit)],
      [join(model, "snapshots", commit), join(model, "snapshots", commit)]
    ] as const) {
      const root = newProject()
      assert.strictEqual(link(root, given), expected)
      assert.strictEqual(findPretrained("small", { root, env: bare() }).folder, expected)
      assert.strictEqual(realpathSync(join(root, "weights/small")), realpathSync(expected))
      const [allowed, ...others] = linkedFolders(root)
      assert.deepStrictEqual(others, [])
      assert.strictEqual(allowed, expected === copy ? copy : model)
      // Again, from elsewhere.
      const other = writeFiles(newFolder())
      assert.strictEqual(link(root, other), other)
      assert.strictEqual(realpathSync(join(root, "weights/small")), realpathSync(other))
    }
  })

  it("does not take the place of a folder that is there", () => {
    const root = newProject()
    writeFiles(root, { "weights/small/unet/config.json": "{}" })
    assert.throws(() => link(root, writeFiles(newFolder())), UserError, "is there already")
    assert.isFalse(existsSync(recordPath("small", root)))
    assert.isTrue(existsSync(join(root, "weights/small/unet/config.json")))
  })

  it("refuses a folder that lacks files, and says which", () => {
    const root = newProject()
    const { "unet/config.json": _, ...some } = modelFiles
    const error = (() => {
      try {
        return link(root, writeFiles(newFolder(), some))
      } catch (error) {
        return error as UserError
      }
    })()
    assert.instanceOf(error, UserError)
    assert.include(error.message, "lacks a file of small")
    assert.include(error.hint ?? "", "missing:\n    unet/config.json")
    assert.isFalse(existsSync(recordPath("small", root)))
    assert.throws(() => link(root, "/no/such/folder"), UserError, "there is no folder")
  })

  it("is not forgotten when the folder goes, and mended by get", async () => {
    const [root, env, copy] = [newProject(), bare(), writeFiles(newFolder())]
    link(root, copy)
    rmSync(copy, { recursive: true })
    assert.include(missing(root, env).message, `are linked to ${copy}, which is not there`)
    const { endpoint } = await open()
    await getting(root, { ...env, HF_ENDPOINT: endpoint })
    assert.strictEqual(findPretrained("small", { root, env }).folder, join(root, "weights/small"))
  })

  it("is refused when its record is damaged", () => {
    const root = newProject()
    for (const text of ["{", "[]", '{"version":2}']) {
      writeFiles(root, { "weights/local/small.json": text })
      const { hint = "", message } = missing(root, bare())
      assert.include(message, recordPath("small", root))
      assert.include(hint, "remove the file")
    }
  })
})

describe("verifyPretrained", () => {
  const verify = async (root: string, env: NodeJS.ProcessEnv) => {
    const manifest = readManifest("small", root)
    const result = await verifyPretrained(manifest, placeOf(manifest, { root, env })!)
    const states = Object.fromEntries(
      result.files.map(({ path, problem, state }) => [path, problem ?? state])
    )
    return { sound: result.sound, states, files: result.files }
  }
  const linked = (files: { readonly [path: string]: Buffer }) => {
    const root = newProject()
    linkPretrained(readManifest("small", root), writeFiles(newFolder(), files), root)
    return root
  }

  it("compares with what was downloaded, and with the names of a cache's blobs", async () => {
    const [root, env, { endpoint }] = [newProject(), bare(), await open()]
    await getting(root, { ...env, HF_ENDPOINT: endpoint })
    const { sound, states } = await verify(root, env)
    assert.isTrue(sound)
    assert.deepStrictEqual(
      states,
      Object.fromEntries(Object.keys(modelFiles).map((path) => [path, "matches"]))
    )
    const cached = await verify(newProject(), { HF_HOME: cacheWith(modelFiles) })
    assert.isTrue(Object.values(cached.states).every((state) => state === "matches"))
  })

  it("finds a single changed bit", async () => {
    const [root, env, { endpoint }] = [newProject(), bare(), await open()]
    await getting(root, { ...env, HF_ENDPOINT: endpoint })
    const path = "text/model.fp16-00002-of-00002.safetensors"
    const bytes = Buffer.from(modelFiles[path]!)
    bytes[bytes.length - 1]! ^= 1
    writeFiles(join(root, "weights/small"), { [path]: bytes })
    const { sound, states } = await verify(root, env)
    assert.isFalse(sound)
    assert.match(states[path] ?? "", /^its SHA-256 is [0-9a-f]{64}, not [0-9a-f]{64}$/)
    assert.strictEqual(states["unet/model.safetensors"], "matches")
    const home = cacheWith(modelFiles)
    writeFileSync(
      join(home, "hub/models--ablate-tests--small/blobs", gitHash(modelFiles[path]!)),
      bytes
    )
    assert.match(
      (await verify(newProject(), { HF_HOME: home })).states[path] ?? "",
      /^its Git SHA-1 is /
    )
  })

  it("finds a shard that was cut off, without any hash", async () => {
    const path = "text/model.fp16-00001-of-00002.safetensors"
    const { sound, states } = await verify(
      linked({ ...modelFiles, [path]: modelFiles[path]!.subarray(0, -100) }),
      bare()
    )
    assert.isFalse(sound)
    assert.match(states[path] ?? "", /not a sound safetensors file: tensor a lies at bytes/)
    assert.strictEqual(states["unet/model.safetensors"], "sound")
  })

  it("finds shards that do not belong to their index, JSON that is none, and what is missing", async () => {
    const index = "text/model.safetensors.index.fp16.json"
    const swapped = {
      ...modelFiles,
      "text/model.fp16-00001-of-00002.safetensors":
        modelFiles["text/model.fp16-00002-of-00002.safetensors"]!
    }
    assert.include(
      (await verify(linked(swapped), bare())).states[index],
      "but model.fp16-00001-of-00002.safetensors holds it too"
    )
    const root = linked({ ...modelFiles, "unet/config.json": Buffer.from("{") })
    assert.strictEqual((await verify(root, bare())).states["unet/config.json"], "it is not JSON")
    rmSync(join(readRecord("small", root)!.folder, "unet"), { recursive: true })
    const { files, sound } = await verify(root, bare())
    assert.isFalse(sound)
    assert.deepStrictEqual(
      files.filter(({ state }) => state === "missing").map(({ path }) => path),
      ["unet/config.json", "unet/model.safetensors"]
    )
    const damaged = linked(modelFiles)
    writeFiles(readRecord("small", damaged)!.folder, { [index]: "{}" })
    assert.match((await verify(damaged, bare())).states[index] ?? "", /bytes where \d+ should be/)
  })
})

describe("hubToken", () => {
  it("comes from the environment, else from the file that a login has written", () => {
    const home = writeFiles(newFolder(), { token: "hf_file\n", other: "hf_other" })
    assert.strictEqual(hubToken({ HF_HOME: home }), "hf_file")
    assert.strictEqual(hubToken({ HF_HOME: home, HF_TOKEN: " hf_env " }), "hf_env")
    assert.strictEqual(hubToken({ HF_HOME: home, HF_TOKEN_PATH: join(home, "other") }), "hf_other")
    assert.isUndefined(hubToken({ HF_HOME: newFolder() }))
    assert.isUndefined(hubToken({ HF_HOME: writeFiles(newFolder(), { token: "\n" }) }))
  })

  it("is not sent when it is none, and not shown", () => {
    for (const token of ["hf secret", "hf_secret\nx", "hf_sécret"]) {
      try {
        hubToken({ HF_TOKEN: token })
        assert.fail("it was taken")
      } catch (error) {
        assert.instanceOf(error, UserError)
        assert.notInclude(`${error.message} ${error.hint}`, "cret")
      }
    }
  })

  it("says when its file cannot be read", () => {
    const home = newFolder()
    mkdirSync(join(home, "token"))
    assert.throws(
      () => hubToken({ HF_HOME: home }),
      UserError,
      `the token in ${join(home, "token")} cannot be read`
    )
  })

  it.skipIf(process.getuid?.() === 0)("says when its file may not be read", () => {
    const home = writeFiles(newFolder(), { token: "hf_file" })
    chmodSync(join(home, "token"), 0)
    assert.throws(() => hubToken({ HF_HOME: home }), UserError, "you have no permission to read it")
  })
})
