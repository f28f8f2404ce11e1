import json


def test_a_split_without_people_says_why_they_are_unusable(run_prep, tmp_path):
    careers = tmp_path / "careers.jsonl"
    job = {"kind": "job", "start_date": "2001"}  # misspelt: kept as an extra field, and the job has no start
    careers.write_text(json.dumps({"person_id": "p", "records": [job] * 6}) + "\n")
    result = run_prep("split", careers, "--test-size", 1, "-o", tmp_path / "data")
    assert result.exit_code == 1
    assert "1 people have fewer than 5 valid jobs: see their dates and occupations" in result.stderr
