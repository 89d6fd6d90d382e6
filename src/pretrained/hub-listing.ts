/** What a repository of the hub holds at a revision: `GET /api/models/OWNER/NAME/revision/REVISION?blobs=true`. */
import { setTimeout as sleep } from "node:timers/promises"
import { UserError } from "../base/user-error.ts"
import { isCount, isRecord } from "../safetensors/json-object.ts"
import type { ContentHash } from "./content-hash.ts"
import { refusedByHub, unreachableHub } from "./hub-problem.ts"
import type { Manifest } from "./manifest.ts"

export interface HubFile {
  readonly sizeBytes: number
  /** SHA-256 of large files, else Git's hash. */
  readonly hash: ContentHash
}

export interface HubListing {
  readonly commit: string
  readonly files: ReadonlyMap<string, HubFile>
}

export interface HubAccess {
  readonly endpoint: string
  readonly token: string | undefined
  readonly signal: AbortSignal
  /** Before the second attempt; twice as long before each further one. */
  readonly pauseMs?: number
}

const attempts = 3
const timeoutMs = 30_000

/** Of each request to the hub. */
export const hubHeaders = ({
  token
}: Pick<HubAccess, "token">): { readonly [name: string]: string } =>
  token === undefined ? {} : { authorization: `Bearer ${token}` }

/** @throws UserError when the hub cannot be asked, does not want to answer, or knows no such revision */
export const listRepository = async (
  manifest: Manifest,
  access: HubAccess
): Promise<HubListing> => {
  const { repository, revision } = manifest.source
  const url = `${access.endpoint}/api/models/${repository}/revision/${encodeURIComponent(revision)}?blobs=true`
  for (let attempt = 1; ; attempt++) {
    const reply = await ask(url, access)
    if ("json" in reply) return decodeListing(reply.json, url)
    const again = reply.status === undefined || reply.status === 429 || reply.status >= 500
    if (!again || attempt === attempts) {
      throw reply.status === undefined
        ? unreachableHub(manifest, access.endpoint, reply.problem)
        : refusedByHub(manifest, reply.status, url, access)
    }
    await sleep((access.pauseMs ?? 1000) * 2 ** (attempt - 1), undefined, { signal: access.signal })
  }
}

type Reply = { readonly json: unknown } | { readonly problem: string; readonly status?: number }

const ask = async (url: string, access: HubAccess): Promise<Reply> => {
  const { signal } = access
  try {
    const response = await fetch(url, {
      headers: hubHeaders(access),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
    })
    if (response.ok) return { json: await response.json() }
    await response.body?.cancel()
    return { problem: `it answers ${response.status}`, status: response.status }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof SyntaxError) return { json: undefined }
    const { cause, message } = error as Error
    return { problem: (cause instanceof Error && cause.message) || message }
  }
}

const decodeListing = (json: unknown, url: string): HubListing => {
  const refuse = (): never => {
    throw new UserError(`${url} answers what is no list of a repository's files`, {
      exitCode: 1,
      hint: "look at HF_ENDPOINT, and whether a proxy answers in place of the hub"
    })
  }
  if (!isRecord(json)) return refuse()
  const { sha, siblings } = json
  if (typeof sha !== "string" || !/^[0-9a-f]{40}$/.test(sha) || !Array.isArray(siblings))
    return refuse()
  const files = new Map<string, HubFile>()
  for (const sibling of siblings as ReadonlyArray<unknown>) {
    if (!isRecord(sibling)) return refuse()
    const { blobId, lfs, rfilename, size } = sibling
    const large = isRecord(lfs) ? lfs["sha256"] : undefined
    if (typeof rfilename !== "string" || !isCount(size)) return refuse()
    if (typeof large === "string" && /^[0-9a-f]{64}$/.test(large)) {
      files.set(rfilename, { sizeBytes: size, hash: { algorithm: "sha256", hex: large } })
    } else if (typeof blobId === "string" && /^[0-9a-f]{40}$/.test(blobId)) {
      files.set(rfilename, { sizeBytes: size, hash: { algorithm: "git-sha1", hex: blobId } })
    } else return refuse()
  }
  return { commit: sha, files }
}
