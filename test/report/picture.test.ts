import { assert, describe, it } from "@effect/vitest"
import { drawPicture } from "../../src/report/picture/draw.ts"
import { rasterOf, resample } from "../../src/report/picture/raster.ts"
import { pictureProtocol } from "../../src/report/picture/terminal.ts"

const noPng = { columns: 80, png: () => Promise.reject(new Error("no PNG is needed here")) }

describe("pictureProtocol", () => {
  it("trusts what terminals say of themselves", () => {
    const on = (env: NodeJS.ProcessEnv) => pictureProtocol(env, true)
    assert.strictEqual(on({ TERM: "xterm-kitty" }), "kitty")
    assert.strictEqual(on({ TERM: "xterm-256color", KITTY_WINDOW_ID: "1" }), "kitty")
    assert.strictEqual(on({ TERM: "xterm-256color", TERM_PROGRAM: "iTerm.app" }), "iterm2")
    assert.strictEqual(on({ TERM: "xterm-256color", TERM_PROGRAM: "WezTerm" }), "iterm2")
    assert.strictEqual(on({ TERM: "xterm-256color", COLORTERM: "truecolor" }), "blocks")
    assert.strictEqual(on({ TERM: "xterm-256color" }), "none")
  })

  it("sends no graphics through a multiplexer", () => {
    const env = {
      TERM: "tmux-256color",
      TMUX: "/tmp/tmux",
      KITTY_WINDOW_ID: "1",
      COLORTERM: "truecolor"
    }
    assert.strictEqual(pictureProtocol(env, true), "blocks")
  })

  it("draws nothing into a file or a pipe, unless asked to", () => {
    assert.strictEqual(pictureProtocol({ TERM: "xterm-kitty" }, false), "none")
    assert.strictEqual(pictureProtocol({ ABLATE_PICTURES: "blocks" }, false), "blocks")
  })
})

describe("rasterOf", () => {
  it("maps the range to bytes, repeats grey, and clips", () => {
    const grey = rasterOf({
      type: "Image",
      shape: [1, 3, 1],
      range: "[-1,1]",
      data: Float32Array.of(-1, 1, 5)
    })
    assert.deepStrictEqual([...grey.data], [0, 0, 0, 255, 255, 255, 255, 255, 255])
    const mask = rasterOf({ type: "Mask", shape: [1, 2], data: Float32Array.of(0, 1) })
    assert.deepStrictEqual([...mask.data], [0, 0, 0, 255, 255, 255])
  })

  it("lays several images out in rows, apart from each other", () => {
    const images = rasterOf({
      type: "Images",
      shape: [7, 32, 32, 1],
      range: "[0,1]",
      data: new Float32Array(7 * 32 * 32).fill(1)
    })
    assert.deepStrictEqual([images.width, images.height], [4 * 32 + 3, 2 * 32 + 1])
    assert.strictEqual(images.data[32 * 3], 0)
    assert.strictEqual(images.data[33 * 3], 255)
  })
})

describe("resample", () => {
  it("takes the mean when it shrinks", () => {
    const image = { width: 2, height: 1, data: Uint8Array.of(0, 0, 0, 100, 50, 20) }
    assert.deepStrictEqual([...resample(image, 1, 1).data], [50, 25, 10])
  })

  it("repeats pixels when it grows", () => {
    const image = { width: 1, height: 1, data: Uint8Array.of(1, 2, 3) }
    assert.deepStrictEqual([...resample(image, 2, 1).data], [1, 2, 3, 1, 2, 3])
  })
})

describe("drawPicture", () => {
  const twoByTwo = {
    width: 2,
    height: 2,
    data: Uint8Array.of(255, 0, 0, 255, 0, 0, 0, 0, 255, 0, 255, 0)
  }

  it("draws two pixels a cell, and a colour only where it changes", async () => {
    const text = await drawPicture(twoByTwo, "blocks", noPng)
    assert.strictEqual(
      text,
      "\u001B[38;2;255;0;0m\u001B[48;2;0;0;255m▀\u001B[48;2;0;255;0m▀\u001B[0m\n"
    )
  })

  it("stays within the terminal", async () => {
    const wide = { width: 400, height: 10, data: new Uint8Array(400 * 10 * 3) }
    const text = await drawPicture(wide, "blocks", { ...noPng, columns: 40 })
    for (const line of text.trimEnd().split("\n"))
      assert.isAtMost(line.match(/▀/g)?.length ?? 0, 40)
  })

  it("sends kitty the file in pieces, the last of them marked", async () => {
    const png = async () => new Uint8Array(10_000)
    const text = await drawPicture(twoByTwo, "kitty", { columns: 80, png })
    const pieces = text.split("\u001B_G").slice(1)
    assert.deepStrictEqual(
      pieces.map((piece) => /m=(\d)/.exec(piece)?.[1]),
      ["1", "1", "1", "0"]
    )
    assert.isTrue(pieces.every((piece) => piece.length < 4200))
  })

  it("sends iTerm2 the file in one", async () => {
    const png = async () => Uint8Array.of(1, 2, 3)
    const text = await drawPicture(twoByTwo, "iterm2", { columns: 80, png })
    assert.isTrue(text.startsWith("\u001B]1337;File=inline=1;size=3;"))
    assert.isTrue(text.endsWith(":AQID\u0007\n"))
  })
})
