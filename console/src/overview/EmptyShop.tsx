/** The first minute with Fanvine: nothing to show yet, and the two ways to change that. */
import { Button } from "antd";
import { useNavigate } from "react-router";
import { useI18n } from "../i18n/i18n";
import { CopyButton } from "../ui/CopyButton";
import { LogoMark } from "../ui/Logo";

const importCommand = "fanvine import orders.csv --mapping map.toml";

export function EmptyShop() {
  const { t } = useI18n();
  const navigate = useNavigate();
  return (
    <div className="welcome">
      <LogoMark size={52} />
      <h2>{t("empty.title")}</h2>
      <p>{t("empty.text")}</p>
      <div className="welcome-ways">
        <section className="panel">
          <h3>{t("empty.connectTitle")}</h3>
          <p>{t("empty.connectText")}</p>
          <Button type="primary" onClick={() => navigate("/sources")}>
            {t("empty.connectAction")}
          </Button>
        </section>
        <section className="panel">
          <h3>{t("empty.importTitle")}</h3>
          <p>{t("empty.importText")}</p>
          <div className="welcome-command">
            <code className="mono">{importCommand}</code>
            <CopyButton text={importCommand} label={t("copy.command")} />
          </div>
        </section>
      </div>
    </div>
  );
}
