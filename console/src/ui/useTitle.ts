/** The browser tab's title. */
import { useEffect } from "react";

export function useTitle(page: string): void {
  useEffect(() => {
    document.title = `${page} · Fanvine`;
  }, [page]);
}
