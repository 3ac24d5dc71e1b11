/** The way to the next page of a list. */
import { Button } from "antd";
import { useI18n } from "../i18n/i18n";

/** The foot of a list that is read page by page; nothing once all of it is there. */
export function MorePages({ pages }: { pages: Pages }) {
  const { t } = useI18n();
  if (!pages.hasNextPage) return null;
  return (
    <div className="people-foot">
      <Button loading={pages.isFetchingNextPage} onClick={() => pages.fetchNextPage()}>
        {t("state.more")}
      </Button>
    </div>
  );
}

/** What it asks of a query with pages. */
interface Pages {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}
