/** Marketing spend from a CSV file. The same file again changes nothing. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Modal } from "antd";
import { useRef, useState } from "react";
import { useI18n } from "../i18n/i18n";
import { usePlace } from "../people/usePlace";
import { problemText } from "../ui/problem";
import { putSpend, readSpend, type SpendSet } from "./metrics";

/** So many rows go at once. */
const batch = 5_000;
/** So many faults are named. */
const mostFaults = 8;

export function SpendImport() {
  const { t } = useI18n();
  const { currency, format } = usePlace();
  const queries = useQueryClient();
  const file = useRef<HTMLInputElement>(null);
  const [open, setOpen] = useState(false);
  const [read, setRead] = useState<ReturnType<typeof readSpend> | null>(null);
  const upload = useMutation({
    mutationFn: async (rows: Parameters<typeof putSpend>[0]) => {
      const sum: SpendSet = { created: 0, updated: 0, unchanged: 0 };
      for (let from = 0; from < rows.length; from += batch) {
        const done = await putSpend(rows.slice(from, from + batch));
        sum.created += done.created;
        sum.updated += done.updated;
        sum.unchanged += done.unchanged;
      }
      return sum;
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["insights", "metrics"] }),
  });
  const close = () => {
    setOpen(false);
    setRead(null);
    upload.reset();
  };
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t("spend.import")}</Button>
      <Modal
        open={open}
        title={t("spend.import")}
        onCancel={close}
        okText={t("spend.save")}
        cancelText={t("spend.close")}
        confirmLoading={upload.isPending}
        okButtonProps={{ disabled: read === null || read.rows.length === 0 || upload.isSuccess }}
        onOk={() => read !== null && upload.mutate(read.rows)}
      >
        <div className="stack">
          <p>{t("spend.about")}</p>
          <input
            ref={file}
            type="file"
            accept=".csv,text/csv"
            aria-label={t("spend.file")}
            onChange={(event) => {
              upload.reset();
              event.target.files?.[0]?.text().then((text) => setRead(readSpend(text, currency)));
            }}
          />
          {read !== null && <p>{t("spend.read", { count: format.count(read.rows.length) })}</p>}
          {read !== null && read.faults.length > 0 && (
            <Alert
              type="warning"
              title={t("spend.faults", { count: format.count(read.faults.length) })}
              description={
                <ul>
                  {read.faults.slice(0, mostFaults).map((fault) => (
                    <li key={`${fault.line} ${fault.field}`}>
                      {t("spend.fault", { line: fault.line, field: fault.field, value: fault.value })}
                    </li>
                  ))}
                </ul>
              }
            />
          )}
          {upload.isError && <Alert type="error" title={problemText(upload.error, t)} />}
          {upload.data && (
            <Alert
              type="success"
              title={t("spend.done", {
                created: format.count(upload.data.created),
                updated: format.count(upload.data.updated),
                unchanged: format.count(upload.data.unchanged),
              })}
            />
          )}
        </div>
      </Modal>
    </>
  );
}
