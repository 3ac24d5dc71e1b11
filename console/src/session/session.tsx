/** Who is signed in, and what they may do. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect } from "react";
import { readSession, signOut } from "../api/calls";
import { ApiError, onSignedOut, setCsrfToken } from "../api/client";
import type { Role, Session } from "../api/types";

const sessionKey = ["session"];

async function currentSession(): Promise<Session | null> {
  try {
    const session = await readSession();
    setCsrfToken(session.csrf_token);
    return session;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}

/** `data` is null when nobody is signed in, undefined until that is known. */
export function useSession() {
  return useQuery({ queryKey: sessionKey, queryFn: currentSession, staleTime: Number.POSITIVE_INFINITY, retry: 1 });
}

/** Takes up a fresh session, or leaves the one there was together with all it had loaded. */
export function useSetSession(): (session: Session | null) => void {
  const client = useQueryClient();
  return useCallback(
    (session) => {
      setCsrfToken(session?.csrf_token ?? null);
      if (session === null) client.removeQueries({ predicate: (query) => query.queryKey[0] !== "session" });
      client.setQueryData(sessionKey, session);
    },
    [client],
  );
}

/** Returns to the sign-in page when the program says the session has ended. */
export function useEndOfSession(): void {
  const setSession = useSetSession();
  useEffect(() => {
    onSignedOut(() => setSession(null));
    return () => onSignedOut(() => {});
  }, [setSession]);
}

export function useSignOut(): () => Promise<void> {
  const setSession = useSetSession();
  return useCallback(async () => {
    await signOut().catch((error: unknown) => {
      if (!(error instanceof ApiError && error.status === 401)) throw error;
    });
    setSession(null);
  }, [setSession]);
}

const rank: Record<Role, number> = { analyst: 0, operator: 1, owner: 2 };

/** Owners may do what operators may, operators what analysts may. */
export function useMay(role: Role): boolean {
  const { data } = useSession();
  return data != null && rank[data.account.role] >= rank[role];
}
