/** Where there is nothing to show: an address nobody knows, or a page that broke. */
import { Button } from "antd";
import { Link } from "react-router";
import { useI18n } from "../i18n/i18n";
import { Page } from "../ui/Page";

export function NotFound() {
  const { t } = useI18n();
  return (
    <Page title={t("notFound.title")}>
      <div className="empty">
        <p>{t("notFound.text")}</p>
        <Link to="/">{t("notFound.back")}</Link>
      </div>
    </Page>
  );
}

/** Also seen when the program was updated under an open tab, so that a page's chunk is gone: loading anew mends that. */
export function PageBroke() {
  const { t } = useI18n();
  return (
    <Page title={t("problem.unexpected")}>
      <div className="empty">
        <p>{t("problem.reloadHint")}</p>
        <Button type="primary" onClick={() => window.location.reload()}>
          {t("problem.reload")}
        </Button>
      </div>
    </Page>
  );
}
