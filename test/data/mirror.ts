/** A small web server whose answers a test chooses, one request after another. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { onTestFinished } from "vitest"

export type Answer = (request: IncomingMessage, response: ServerResponse) => void

export interface Mirror {
  /** Ends in `/`. */
  readonly url: string
  /** `path range`, for each request that came. */
  readonly requests: ReadonlyArray<string>
}

/** @param answers the last one goes on */
export const mirror = async (...answers: ReadonlyArray<Answer>): Promise<Mirror> => {
  const requests: Array<string> = []
  const server = createServer((request, response) => {
    const answer = answers[Math.min(requests.length, answers.length - 1)]!
    requests.push([request.url, request.headers.range].filter(Boolean).join(" "))
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/`, requests }
}

export const status =
  (code: number): Answer =>
  (_, response) =>
    void response.writeHead(code).end()

/** The whole, whatever was asked for. */
export const whole =
  (bytes: Uint8Array): Answer =>
  (_, response) =>
    void response.writeHead(200, { "content-length": bytes.byteLength }).end(bytes)

/** What was asked for. */
export const ranged =
  (bytes: Uint8Array): Answer =>
  (request, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? Number.NaN)
    if (Number.isNaN(start)) return whole(bytes)(request, response)
    if (start >= bytes.byteLength) return status(416)(request, response)
    response.writeHead(206, {
      "content-length": bytes.byteLength - start,
      "content-range": `bytes ${start}-${bytes.byteLength - 1}/${bytes.byteLength}`
    })
    response.end(bytes.subarray(start))
  }

/** Promises the whole, sends some bytes, and hangs up when it is told to. */
export const cutOff = (bytes: Uint8Array, after: number) => {
  let hangUp = () => {}
  const answer: Answer = (_, response) => {
    hangUp = () => void response.destroy()
    response.writeHead(200, { "content-length": bytes.byteLength })
    response.write(bytes.subarray(0, after))
  }
  return { answer, hangUp: () => hangUp() }
}
