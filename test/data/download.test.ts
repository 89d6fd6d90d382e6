import { assert, describe, it } from "vitest"
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { hostname } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { UserError } from "../../src/base/user-error.ts"
import { type Download, download } from "../../src/data/download.ts"
import { obtainFiles } from "../../src/data/obtain.ts"
import { temporaryFolder as folderOfFile } from "../support/project.ts"
import { type Answer, cutOff, mirror, ranged, status, whole } from "./mirror.ts"

const allFolders = folderOfFile()
let count = 0
const temporaryFolder = (): string => {
  const folder = join(allFolders, String(count++))
  mkdirSync(folder)
  return folder
}

const content = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 7919) % 251))

const fetched = (
  folder: string,
  urls: ReadonlyArray<string>,
  more: Partial<Download> = {}
): ReturnType<typeof download> =>
  download({
    urls: urls.map((url) => `${url}file.gz`),
    folder,
    name: "file.gz",
    mostBytes: 300_000,
    check: (bytes) => (content.equals(bytes) ? undefined : "its content is wrong"),
    progress: () => {},
    log: () => {},
    signal: new AbortController().signal,
    pauseMs: 1,
    ...more
  })

/** What a folder holds, with what is being fetched as `part`. */
const files = (folder: string) =>
  readdirSync(folder).map((name) => (name.endsWith(".part") ? "part" : name))
const isThere = (folder: string) => {
  assert.isTrue(content.equals(readFileSync(join(folder, "file.gz"))))
  assert.deepStrictEqual(files(folder), ["file.gz"])
}
const deadPid = () => spawnSync(process.execPath, ["-e", ""]).pid

describe("download", () => {
  it("fetches a file, and says how far it is", async () => {
    const [folder, { url }] = [join(temporaryFolder(), "deep", "er"), await mirror(whole(content))]
    const told: Array<readonly [number, number | undefined]> = []
    const result = await fetched(folder, [url], { progress: (...now) => told.push(now) })
    assert.deepInclude(result, { path: join(folder, "file.gz") })
    isThere(folder)
    assert.deepStrictEqual(told.at(-1), [content.byteLength, content.byteLength])
  })

  it("goes on where a connection was cut off", async () => {
    const folder = temporaryFolder()
    const { answer, hangUp } = cutOff(content, 120_000)
    const server = await mirror(answer, ranged(content))
    await fetched(folder, [server.url], { progress: hangUp })
    isThere(folder)
    assert.match(server.requests[1] ?? "", /^\/file.gz bytes=[1-9]\d*-$/)
  })

  it("starts again where the server does not know how to go on", async () => {
    const folder = temporaryFolder()
    const { answer, hangUp } = cutOff(content, 120_000)
    const server = await mirror(answer, whole(content))
    await fetched(folder, [server.url], { progress: hangUp })
    isThere(folder)
    assert.strictEqual(server.requests.length, 2)
  })

  it("goes on with what a process left that has died", async () => {
    const folder = temporaryFolder()
    const left = join(folder, `file.gz.${hostname()}-${deadPid()}.part`)
    writeFileSync(left, content.subarray(0, 150_000))
    const server = await mirror(ranged(content))
    await fetched(folder, [server.url])
    isThere(folder)
    assert.deepStrictEqual(server.requests, ["/file.gz bytes=150000-"])
  })

  it("leaves alone what a living process is fetching", async () => {
    const folder = temporaryFolder()
    const other = join(folder, `file.gz.${hostname()}-${process.ppid}.part`)
    writeFileSync(other, "half")
    const server = await mirror(ranged(content))
    await fetched(folder, [server.url])
    assert.deepStrictEqual(server.requests, ["/file.gz"])
    assert.strictEqual(readFileSync(other, "utf8"), "half")
  })

  it("does not believe a part that was of another file", async () => {
    const folder = temporaryFolder()
    const left = join(folder, `file.gz.${hostname()}-${deadPid()}.part`)
    for (const size of [1000, content.byteLength, content.byteLength + 10]) {
      writeFileSync(left, Buffer.alloc(size, 1))
      const server = await mirror(ranged(content))
      await fetched(folder, [server.url])
      isThere(folder)
      assert.strictEqual(server.requests.length, 2)
    }
  })

  it("asks again when the server is busy, and the next mirror when the file is not there", async () => {
    const folder = temporaryFolder()
    const busy = await mirror(status(503), status(429), whole(content))
    await fetched(folder, [busy.url])
    assert.strictEqual(busy.requests.length, 3)
    const other = temporaryFolder()
    const [without, first, second] = await Promise.all([
      mirror(status(404)),
      mirror(whole(Buffer.from("another file"))),
      mirror(whole(content))
    ])
    await fetched(other, [without.url, first.url, second.url])
    isThere(other)
    assert.deepStrictEqual(
      [without, first, second].map(({ requests }) => requests.length),
      [1, 1, 1]
    )
  })

  it("says of each mirror why it gave nothing, and leaves nothing wrong behind", async () => {
    const folder = temporaryFolder()
    const servers = await Promise.all([
      mirror(status(403)),
      mirror(whole(Buffer.from("x"))),
      mirror(whole(Buffer.alloc(400_000)))
    ])
    const result = await fetched(folder, [
      ...servers.map(({ url }) => url),
      "http://127.0.0.1:1/",
      "http://no-such-host.invalid/"
    ])
    const problems = "problems" in result ? result.problems.map(({ problem }) => problem) : []
    assert.deepStrictEqual(problems.slice(0, 3), [
      "it answers 403 Forbidden",
      "its content is wrong",
      "it sends more than 300000 bytes"
    ])
    assert.match(problems[3] ?? "", /^it cannot be reached \(/)
    assert.match(problems[4] ?? "", /^it cannot be reached \(/)
    assert.deepStrictEqual(files(folder), [])
  })

  it("gives up a connection on which nothing comes", async () => {
    const silent: Answer = (_, response) => void response.writeHead(200).write("a")
    const server = await mirror(silent)
    const result = await fetched(temporaryFolder(), [server.url], { silenceMs: 20 })
    const [first] = "problems" in result ? result.problems : []
    assert.strictEqual(first?.problem, "nothing came for 0.02 seconds")
  })

  it("ends when the user interrupts, and keeps what has come", async () => {
    const folder = temporaryFolder()
    const abort = new AbortController()
    const slow: Answer = (_, response) => {
      response.writeHead(200, { "content-length": content.byteLength })
      response.write(content.subarray(0, 1000))
    }
    const server = await mirror(slow)
    const going = fetched(folder, [server.url], {
      signal: abort.signal,
      progress: () => abort.abort(new Error("interrupted by the user"))
    })
    await going.then(
      () => assert.fail("it went on"),
      (error: Error) => assert.strictEqual(error.message, "interrupted by the user")
    )
    assert.deepStrictEqual(files(folder), ["part"])
  })

  it("gives several processes that fetch at once the right file each", async () => {
    const folder = temporaryFolder()
    const server = await mirror(ranged(content))
    const script = `
      import { download } from ${JSON.stringify(new URL("../../src/data/download.ts", import.meta.url).href)}
      const result = await download({
        urls: [process.argv[1]], folder: process.argv[2], name: "file.gz", mostBytes: 300000,
        check: () => undefined, progress() {}, log() {}, signal: new AbortController().signal
      })
      process.stdout.write(String(result.bytes?.byteLength))`
    const { spawn } = await import("node:child_process")
    const ran = await Promise.all(
      [1, 2, 3].map(
        () =>
          new Promise<string>((resolve) => {
            const child = spawn(process.execPath, [
              "--input-type=module",
              "-e",
              script,
              `${server.url}file.gz`,
              folder
            ])
            let out = ""
            child.stdout.on("data", (text: Buffer) => (out += text.toString()))
            child.on("close", () => resolve(out))
          })
      )
    )
    assert.deepStrictEqual(ran, ["200000", "200000", "200000"])
    isThere(folder)
  })
})

describe("obtainFiles", () => {
  const plain = Buffer.from("the content of a file of a data set ".repeat(50))
  const hex = createHash("sha256").update(plain).digest("hex")
  const file = {
    name: "images",
    hash: { algorithm: "sha256", hex },
    sizeBytes: plain.byteLength
  } as const
  const obtain = (
    folders: ReadonlyArray<string>,
    mirrors: ReadonlyArray<string>,
    log: (line: string) => void = () => {}
  ) =>
    obtainFiles({
      name: "Digits",
      files: [file],
      places: { folders, downloads: join(folders[0]!, "down") },
      mirrors,
      progress: () => {},
      log,
      signal: new AbortController().signal,
      pauseMs: 1
    })

  it("takes a file from the first folder that has the right one, plain or compressed", async () => {
    const folders = ["a", "b"].map((name) => join(temporaryFolder(), name))
    for (const folder of folders) mkdirSync(folder)
    writeFileSync(join(folders[1]!, "images.gz"), gzipSync(plain))
    const [found] = await obtain(folders, [])
    assert.deepStrictEqual(Buffer.from(found!.bytes), plain)
    assert.strictEqual(found!.shown, join(folders[1]!, "images.gz"))
    assert.isFalse(existsSync(join(folders[0]!, "down")))
  })

  it("says that a file with other content is not used, and looks further", async () => {
    const folders = [temporaryFolder(), temporaryFolder()]
    writeFileSync(join(folders[0]!, "images"), "something else")
    writeFileSync(join(folders[0]!, "images.gz"), gzipSync(plain).subarray(0, 40))
    writeFileSync(join(folders[1]!, "images"), plain)
    const log: Array<string> = []
    const [found] = await obtain(folders, [], (line) => log.push(line))
    assert.strictEqual(found!.shown, join(folders[1]!, "images"))
    assert.match(
      log[0] ?? "",
      /images is not used: its content has the SHA-256 [0-9a-f]{64}, and 14 bytes/
    )
    assert.match(log[1] ?? "", /images.gz is not used: it is a gzip file that is cut off/)
  })

  it("downloads what is in no folder, and finds it there the next time", async () => {
    const folder = temporaryFolder()
    const server = await mirror(ranged(gzipSync(plain)))
    const [found] = await obtain([folder], [server.url])
    assert.deepStrictEqual(Buffer.from(found!.bytes), plain)
    assert.deepStrictEqual(server.requests, ["/images.gz"])
    const [again] = await obtain([join(folder, "down")], ["http://127.0.0.1:1/"])
    assert.deepStrictEqual(Buffer.from(again!.bytes), plain)
  })

  it("tells in one message what is missing, where it was looked for, and what to do", async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, "images.gz"), gzipSync("wrong"))
    const server = await mirror(status(404))
    const error = await obtain([folder], [server.url]).then(
      () => assert.fail("it was found"),
      (error: unknown) => error
    )
    assert.instanceOf(error, UserError)
    const { hint = "", message } = error
    assert.strictEqual(message, "Digits is not here and cannot be downloaded: images is missing")
    for (const part of [
      `images  SHA-256 ${hex}`,
      folder,
      "its content has the SHA-256",
      `${server.url}images.gz: it answers 404 Not Found`,
      "ABLATE_DATA"
    ]) {
      assert.include(hint, part)
    }
  })

  it("refuses a download whose content is wrong", async () => {
    const server = await mirror(whole(gzipSync("wrong")))
    const folder = temporaryFolder()
    await obtain([folder], [server.url]).then(
      () => assert.fail("it was taken"),
      (error: UserError) => assert.include(error.hint ?? "", "its content has the SHA-256")
    )
    assert.deepStrictEqual(files(join(folder, "down")), [])
  })
})
