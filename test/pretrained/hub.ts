/** A small hub on this machine: answers as Hugging Face's does for one repository, and what it is told to answer. */
import { createHash } from "node:crypto"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { onTestFinished } from "vitest"

export interface Hub {
  /** Without a slash at the end: for HF_ENDPOINT. */
  readonly endpoint: string
  /** `/path range token`, for each request that came. */
  readonly requests: ReadonlyArray<string>
  /** As above, to the server that large files are handed on to. */
  readonly storageRequests: ReadonlyArray<string>
}

export interface HubForm {
  readonly repository: string
  readonly files: { readonly [path: string]: Buffer }
  readonly commit?: string
  /** Answers before the hub does; true when it has. */
  readonly first?: (request: IncomingMessage, response: ServerResponse) => boolean
  /** What the listing says of a file in place of the truth. */
  readonly says?: { readonly [path: string]: object }
  /** Files are sent from another server, as large ones are. */
  readonly storage?: boolean
}

export const commit = "0123456789abcdef0123456789abcdef01234567"

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex")
export const gitHash = (bytes: Buffer) =>
  createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex")

export const hub = async (form: HubForm): Promise<Hub> => {
  const { files, first = () => false, repository, says = {} } = form
  const [requests, storageRequests] = [new Array<string>(), new Array<string>()]
  const storage = await serve((request, response) => {
    storageRequests.push(told(request))
    send(files[request.url!.slice(1)]!, request, response)
  })
  const listing = {
    sha: form.commit ?? commit,
    siblings: Object.entries(files).map(([rfilename, bytes]) => {
      const facts = { rfilename, size: bytes.length, blobId: gitHash(bytes) }
      const large = { lfs: { sha256: sha256(bytes), size: bytes.length } }
      return Object.assign(facts, rfilename.endsWith(".json") ? {} : large, says[rfilename])
    })
  }
  const endpoint = await serve((request, response) => {
    requests.push(told(request))
    if (first(request, response)) return
    const [path = ""] = request.url!.split("?")
    if (["main", listing.sha].some((one) => path === `/api/models/${repository}/revision/${one}`)) {
      response.end(JSON.stringify(listing))
      return
    }
    const file = path.replace(`/${repository}/resolve/${listing.sha}/`, "")
    const bytes = files[file]
    if (bytes === undefined) response.writeHead(404).end()
    else if (form.storage === true) {
      response.writeHead(302, { location: `${storage}/${file}` }).end()
    } else send(bytes, request, response)
  })
  return { endpoint, requests, storageRequests }
}

const told = ({ headers, url }: IncomingMessage): string =>
  [url, headers.range, headers.authorization].filter(Boolean).join(" ")

const send = (bytes: Buffer, request: IncomingMessage, response: ServerResponse): void => {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0)
  const headers = { "content-length": bytes.length - start }
  if (start === 0) response.writeHead(200, headers)
  else {
    const range = `bytes ${start}-${bytes.length - 1}/${bytes.length}`
    response.writeHead(206, { ...headers, "content-range": range })
  }
  response.end(bytes.subarray(start))
}

const serve = async (
  answer: (request: IncomingMessage, response: ServerResponse) => void
): Promise<string> => {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
