"""A merged run holds exactly the rows of its parts, each with the tick of its instant: check_merge.py MERGED PART…
And an archive of runs is what GNU tar and Python's tarfile take it for: check_merge.py --archive X.tar DIRECTORY, where it was unpacked."""
import gzip, hashlib, io, json, pathlib, sys, tarfile

import pandas

texts = dict(keep_default_na=False, na_values=[""], dtype=str)


def check_merged(merged, parts):
    run = json.loads((merged / "run.json").read_text())
    for name in sorted(run["files"]):
        if name in ("columns.csv", "gaps.csv"):
            continue
        whole, frames, marks = pandas.read_csv(merged / name, **texts), [], set()
        for part in parts:
            own = json.loads((part / "run.json").read_text())
            frame = pandas.read_csv(part / name, **texts)
            # Of a run over several collectors, times are by the clock of the first.
            group = own.get("group")
            ahead = group["collectors"][group["place"]]["clock_ahead_us"] if group else 0
            if ahead and len(frame):
                times = pandas.to_datetime(frame["time"], utc=True) - pandas.Timedelta(ahead, "us")
                frame["time"] = times.dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            shift = (own["t0_us"] - ahead - run["t0_us"]) // run["interval_us"]
            frame = frame.assign(tick=(frame["tick"].astype("int64") + shift).astype(str))
            # A mark that was set on all of them stands in the merged run once.
            if name == "event.csv" and group:
                is_mark = frame["kind"] == "mark"
                again = [is_mark.iloc[i] and (frame["tick"].iloc[i], frame["message"].iloc[i]) in marks for i in range(len(frame))]
                marks |= set(zip(frame["tick"][is_mark], frame["message"][is_mark]))
                frame = frame[[not is_again for is_again in again]]
            frames.append(frame)
        wanted = pandas.concat(frames)
        assert list(whole.columns) == list(wanted.columns), name
        columns = list(whole.columns)
        one, two = (frame.sort_values(columns).reset_index(drop=True) for frame in (whole, wanted))
        pandas.testing.assert_frame_equal(one, two)
        assert len(whole) == run["files"][name]["rows"], name
        if name != "event.csv":
            for _, rows in whole.assign(tick=whole["tick"].astype("int64")).groupby("node"):
                assert rows["tick"].is_monotonic_increasing, name


def check_archive(archive, directory):
    with tarfile.open(archive) as tar:
        names = tar.getnames()
        assert len(names) == len(set(names)) and all(member.isreg() and member.uid == 0 and member.mode == 0o644 for member in tar)
        for member in tar:
            assert tar.extractfile(member).read() == (directory / member.name).read_bytes(), member.name
    top = names[0].split("/")[0]
    columns = pandas.read_csv(directory / top / "columns.csv", keep_default_na=False)
    for path in directory.glob("*/*/run.json"):
        run = json.loads(path.read_text())
        for name, file in run["files"].items():
            plain = path.parent / name
            content = plain.read_bytes() if plain.exists() else gzip.decompress((path.parent / (name + ".gz")).read_bytes())
            assert hashlib.sha256(content).hexdigest() == file["sha256"], name
            frame = pandas.read_csv(io.BytesIO(content))
            assert len(frame) == file["rows"], name
            known = columns[columns["table"] == name.removesuffix(".csv")]
            if name not in ("columns.csv", "gaps.csv"):
                assert list(frame.columns) == list(known["column"]) and known["type"].ne("").all(), name


if sys.argv[1] == "--archive":
    check_archive(sys.argv[2], pathlib.Path(sys.argv[3]))
else:
    check_merged(pathlib.Path(sys.argv[1]), [pathlib.Path(part) for part in sys.argv[2:]])
