/** The people behind a figure: who they are, as a file, and kept as a list. */
import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { Button, Drawer, Input } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { askBehind, behindCsv, keepBehind } from "../api/calls";
import { useI18n } from "../i18n/i18n";
import { MorePages } from "../people/MorePages";
import { personPath } from "../people/person";
import { usePlace } from "../people/usePlace";
import { useMay } from "../session/session";
import { saveFile } from "../ui/download";
import { DownloadOutlined, UserOutlined } from "../ui/icons";
import { Failed, Loading } from "../ui/Page";
import { problemText } from "../ui/problem";

interface Props {
  open: boolean;
  title: string;
  /** The point, as the API has it. */
  of: object;
  onClose: () => void;
}

export function Behind({ open, title, of, onClose }: Props) {
  return (
    <Drawer open={open} title={title} size={520} destroyOnHidden onClose={onClose}>
      {open && <People of={of} />}
    </Drawer>
  );
}

function People({ of }: { of: object }) {
  const { t } = useI18n();
  const { format } = usePlace();
  const mayKeep = useMay("operator");
  const pages = useInfiniteQuery({
    queryKey: ["insights", "people", of],
    queryFn: ({ pageParam }) => askBehind({ of, after: pageParam }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const csv = useMutation({
    mutationFn: () => behindCsv({ of }),
    onSuccess: (file) => saveFile("fanvine-people.csv", file),
  });
  if (pages.isPending) return <Loading />;
  if (pages.isError) return <Failed error={pages.error} retry={() => pages.refetch()} />;
  const [first] = pages.data.pages;
  if ((first?.people ?? 0) === 0) return <p className="faint">{t("funnelling.nobodyHere")}</p>;
  return (
    <div className="stack">
      <div className="answer-bar">
        <span role="status" data-figure="behind">
          {t("funnelling.people", { count: format.count(first?.people) })}
        </span>
        <Button icon={<DownloadOutlined />} loading={csv.isPending} onClick={() => csv.mutate()}>
          {t("insights.csv")}
        </Button>
      </div>
      {mayKeep && <Keep of={of} />}
      <ul className="step-people">
        {pages.data.pages
          .flatMap((page) => page.shopper_ids)
          .map((key) => (
            <li key={key}>
              <span className="person-mark person-mark-0" aria-hidden="true">
                <UserOutlined />
              </span>
              <Link to={personPath(key)} className="mono">
                {key}
              </Link>
            </li>
          ))}
      </ul>
      <MorePages pages={pages} />
    </div>
  );
}

/** An id of what people call a list: as segments have theirs. */
const idOf = (name: string) =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 60) || `list-${Date.now().toString(36)}`;

function Keep({ of }: { of: object }) {
  const { t } = useI18n();
  const { format } = usePlace();
  const [name, setName] = useState("");
  const keep = useMutation({ mutationFn: () => keepBehind({ of, id: idOf(name), name: name.trim() }) });
  return (
    <form
      className="asked-between"
      onSubmit={(submitted) => {
        submitted.preventDefault();
        if (name.trim() !== "") keep.mutate();
      }}
    >
      <Input
        aria-label={t("behind.listName")}
        placeholder={t("behind.listName")}
        maxLength={100}
        value={name}
        onChange={(typing) => setName(typing.target.value)}
      />
      <Button htmlType="submit" loading={keep.isPending} disabled={name.trim() === ""}>
        {t("behind.keep")}
      </Button>
      {keep.isSuccess && (
        <span role="status">
          <Link to="/segments?tab=lists">{t("behind.kept", { count: format.count(keep.data.people) })}</Link>
        </span>
      )}
      {keep.isError && (
        <p className="asked-fault" role="alert">
          {problemText(keep.error, t)}
        </p>
      )}
    </form>
  );
}
