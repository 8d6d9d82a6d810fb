"""Lists of which no published file was at hand: the fixtures are written by the published schemas, and invented.

Are OFAC's XML, the European Union's and the United Kingdom's list read as their schemas say, and a damaged one not at all?
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from credence.service.adapters.eu_xml import read_eu
from credence.service.adapters.list_formats import READERS, format_of, read_any
from credence.service.adapters.ofac_xml import read_ofac_xml
from credence.service.adapters.uk_xml import read_uk
from credence.service.screening.births import BirthSpan
from credence.service.screening.lists import ListEntry, ListRefused

OFAC = """<?xml version="1.0" standalone="yes"?>
<sdnList xmlns="https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/XML">
<publshInformation><Publish_Date>11/20/2026</Publish_Date><Record_Count>3</Record_Count></publshInformation>
<sdnEntry><uid>7</uid><firstName>Mina</firstName><lastName>ORLOVSKAYA</lastName><sdnType>Individual</sdnType>
<programList><program>NOWHERE</program></programList>
<akaList><aka><uid>1</uid><type>a.k.a.</type><category>strong</category><lastName>ORLOVA</lastName><firstName>Mina</firstName></aka>
<aka><uid>2</uid><type>a.k.a.</type><category>weak</category><lastName>THE DOCTOR</lastName></aka></akaList>
<addressList><address><uid>3</uid><country>Lebanon</country></address></addressList>
<nationalityList><nationality><uid>4</uid><country>Belarus</country><mainEntry>true</mainEntry></nationality></nationalityList>
<dateOfBirthList><dateOfBirthItem><uid>5</uid><dateOfBirth>12 Jan 1960</dateOfBirth></dateOfBirthItem>
<dateOfBirthItem><uid>6</uid><dateOfBirth>circa 1970</dateOfBirth></dateOfBirthItem>
<dateOfBirthItem><uid>8</uid><dateOfBirth>long ago</dateOfBirth></dateOfBirthItem></dateOfBirthList>
<placeOfBirthList><placeOfBirthItem><uid>9</uid><placeOfBirth>Somewhere, Iraq</placeOfBirth></placeOfBirthItem>
</placeOfBirthList>
</sdnEntry>
<sdnEntry><uid>8</uid><lastName>GLASSWATER TRADING</lastName><sdnType>Entity</sdnType></sdnEntry>
<sdnEntry><uid>9</uid><lastName>MINA</lastName><sdnType>Vessel</sdnType></sdnEntry>
</sdnList>"""

EU = """<?xml version="1.0" encoding="UTF-8"?>
<export xmlns="http://eu.europa.ec/fpi/fsd/export" generationDate="2026-11-20T16:47:04.449+02:00" globalFileId="1">
<sanctionEntity euReferenceNumber="EU.1.1" logicalId="1"><subjectType code="person" classificationCode="P"/>
<nameAlias firstName="Mina" lastName="Orlovskaya" wholeName="Mina Orlovskaya" strong="true"/>
<nameAlias firstName="Myna" middleName="" lastName="Orlova" wholeName="" strong="true"/>
<nameAlias wholeName="The Doctor" strong="false"/>
<citizenship countryIso2Code="BY" countryDescription="BELARUS"/><address countryIso2Code="00"/>
<birthdate circa="false" birthdate="1960-01-12" year="1960" countryIso2Code="IQ"/>
<birthdate circa="true" year="1970"/><birthdate circa="false" year="1980" monthOfYear="2"/>
<birthdate yearRangeFrom="1990" yearRangeTo="1992"/><birthdate/></sanctionEntity>
<sanctionEntity logicalId="2"><subjectType code="enterprise" classificationCode="E"/>
<nameAlias wholeName="Glasswater Trading" strong="false"/></sanctionEntity></export>"""

UK = """<?xml version="1.0" encoding="utf-8"?>
<Designations><DateGenerated>20/11/2026</DateGenerated>
<Designation><UniqueID>NOW0001</UniqueID><Names>
<Name><Name1>Mina</Name1><Name2>Petrovna</Name2><Name6>ORLOVSKAYA</Name6><NameType>Primary Name</NameType></Name>
<Name><Name6>Mina Orlova</Name6><NameType>Alias</NameType><AliasStrength>Good quality</AliasStrength></Name>
<Name><Name6>The Doctor</Name6><NameType>Alias</NameType><AliasStrength>Low quality</AliasStrength></Name></Names>
<NonLatinNames><NonLatinName><NameNonLatinScript>Мина Орловская</NameNonLatinScript></NonLatinName></NonLatinNames>
<IndividualEntityShip>Individual</IndividualEntityShip>
<Addresses><Address><AddressCountry>Lebanon</AddressCountry></Address></Addresses>
<IndividualDetails><Individual><DOBs><DOB>12/01/1960</DOB><DOB>dd/mm/1970</DOB><DOB>00/02/1980</DOB><DOB>31/02/1990</DOB></DOBs>
<Nationalities><Nationality>Belarus</Nationality></Nationalities>
<BirthDetails><Location><CountryOfBirth>Iraq</CountryOfBirth></Location></BirthDetails></Individual></IndividualDetails>
</Designation>
<Designation><UniqueID>NOW0002</UniqueID>
<Names><Name><Name6>GLASSWATER TRADING</Name6><NameType>Primary Name</NameType></Name></Names>
<IndividualEntityShip>Entity</IndividualEntityShip></Designation>
<Designation><UniqueID>NOW0003</UniqueID><Names><Name><Name6>MINA</Name6></Name></Names>
<IndividualEntityShip>Ship</IndividualEntityShip></Designation></Designations>"""

DAY = BirthSpan.of_day(date(1960, 1, 12))


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_ofac(tmp_path: Path) -> None:
    found = read_ofac_xml("ofac", written(tmp_path / "sdn.xml", OFAC))
    assert (found.version.version, found.published) == ("2026-11-20", date(2026, 11, 20))
    assert found.entries == (
        ListEntry(
            "7",
            "individual",
            ("ORLOVSKAYA, Mina", "ORLOVA, Mina"),
            (DAY, BirthSpan.of_years(1968, 1972)),
            ("BY", "IQ", "LB"),
            ("THE DOCTOR",),
        ),
        ListEntry("8", "entity", ("GLASSWATER TRADING",)),
    )


def test_eu(tmp_path: Path) -> None:
    found = read_eu("eu", written(tmp_path / "eu.xml", EU))
    assert (found.version.version, found.published) == ("2026-11-20T16:47:04", date(2026, 11, 20))
    births = (DAY, BirthSpan.of_years(1968, 1972), BirthSpan.of_month(1980, 2), BirthSpan.of_years(1990, 1992))
    assert found.entries == (
        ListEntry("EU.1.1", "individual", ("Mina Orlovskaya", "Myna Orlova"), births, ("BY", "IQ"), ("The Doctor",)),
        ListEntry("2", "entity", ("Glasswater Trading",)),
    )


def test_uk(tmp_path: Path) -> None:
    found = read_uk("uk", written(tmp_path / "uk.xml", UK))
    assert (found.version.version, found.published) == ("2026-11-20", date(2026, 11, 20))
    assert found.entries == (
        ListEntry(
            "NOW0001",
            "individual",
            ("Mina Petrovna ORLOVSKAYA", "Mina Orlova", "Мина Орловская"),
            (DAY, BirthSpan.of_years(1970, 1970), BirthSpan.of_month(1980, 2)),
            ("BY", "IQ", "LB"),
            ("The Doctor",),
        ),
        ListEntry("NOW0002", "entity", ("GLASSWATER TRADING",)),
    )


@pytest.mark.parametrize(
    ("text", "was", "becomes"),
    [
        (OFAC, "<Record_Count>3", "<Record_Count>4"),
        (OFAC, "<uid>8</uid><lastName>", "<uid>7</uid><lastName>"),
        (OFAC, "Vessel", "Spaceship"),
        (OFAC, "<uid>7</uid>", "<uid/>"),
        (OFAC, "</sdnList>", ""),
        (EU, 'logicalId="2"', ""),
        (EU, 'code="enterprise" classificationCode="E"', 'code="ghost"'),
        (EU, 'wholeName="Glasswater Trading"', ""),
        (EU, 'logicalId="2"', 'euReferenceNumber="EU.1.1"'),
        (EU, "</export>", ""),
        (UK, "<UniqueID>NOW0002</UniqueID>", ""),
        (UK, "NOW0002", "NOW0001"),
        (UK, ">Entity<", ">Ghost<"),
        (UK, "GLASSWATER TRADING", ""),
        (UK, "</Designations>", ""),
    ],
)
def test_a_damaged_list_is_refused(tmp_path: Path, text: str, was: str, becomes: str) -> None:
    read_any("list", written(tmp_path / "twin.xml", text))
    assert was in text
    with pytest.raises(ListRefused):
        read_any("list", written(tmp_path / "list.xml", text.replace(was, becomes, 1)))


@pytest.mark.parametrize(
    ("text", "name"), [(OFAC, "ofac-xml"), (EU, "eu-xml"), (UK, "uk-xml"), ('{"type": "x"}', "json"), ("7,x\n", "ofac-csv")]
)
def test_a_format_is_told_by_its_beginning(tmp_path: Path, text: str, name: str) -> None:
    assert format_of(written(tmp_path / "list", text)) == name
    assert name in READERS


@pytest.mark.parametrize("text", ["", "hello", "<html></html>", "<?xml version='1.0'?>", "seven,x\n", "\x00"])
def test_what_has_no_known_beginning_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ListRefused):
        format_of(written(tmp_path / "list", text))
    with pytest.raises(ListRefused):
        format_of(tmp_path / "absent")
