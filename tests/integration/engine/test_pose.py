"""Poses with the real classes: tiny networks, random weights; skeletons of known joints."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import (
    RTDetrConfig,
    RTDetrForObjectDetection,
    RTDetrResNetConfig,
    VitPoseBackboneConfig,
    VitPoseConfig,
    VitPoseForPoseEstimation,
)
from transformers.models.rt_detr.image_processing_pil_rt_detr import RTDetrImageProcessorPil
from transformers.models.vitpose.image_processing_pil_vitpose import VitPoseImageProcessorPil

from core.engine.auxiliary.pose import PersonDetector, PoseEstimator
from core.errors import InvalidInput, ModelMissing
from core.models.library.library import Library
from core.operations.pose import Pose
from core.pictures.control.skeleton import JOINTS, NECK, Person, draw_skeletons, from_coco
from core.settings import ROOT
from tests.integration.engine.running import Running
from tests.integration.engine.test_modes import picture


def save_detector(folder: Path) -> None:
    backbone = RTDetrResNetConfig(
        embedding_size=8,
        hidden_sizes=[8, 8, 16, 16],
        depths=[1, 1, 1, 1],
        layer_type="basic",
        out_features=["stage2", "stage3", "stage4"],
    )
    config = RTDetrConfig(
        backbone_config=backbone,
        encoder_in_channels=[8, 16, 16],
        encoder_hidden_dim=16,
        encoder_layers=1,
        encoder_ffn_dim=16,
        encoder_attention_heads=2,
        d_model=16,
        decoder_in_channels=[16, 16, 16],
        decoder_ffn_dim=16,
        decoder_layers=1,
        decoder_attention_heads=2,
        num_queries=6,
        num_denoising=0,
        id2label={0: "person", 1: "chair"},
        label2id={"person": 0, "chair": 1},
    )
    torch.manual_seed(0)
    RTDetrForObjectDetection(config).save_pretrained(folder)
    RTDetrImageProcessorPil(size={"height": 64, "width": 64}).save_pretrained(folder)


def save_pose(folder: Path) -> None:
    backbone = VitPoseBackboneConfig(
        image_size=[64, 48],
        patch_size=[16, 16],
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        mlp_ratio=2,
        num_experts=1,
        part_features=8,
        out_indices=[1],
    )
    labels = {index: f"joint {index}" for index in range(17)}
    config = VitPoseConfig(backbone_config=backbone, use_simple_decoder=True, id2label=labels)
    torch.manual_seed(1)
    VitPoseForPoseEstimation(config).save_pretrained(folder)
    VitPoseImageProcessorPil(size={"height": 64, "width": 48}).save_pretrained(folder)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("models")
    save_detector(root / "companions" / "rt-detr-r50")
    save_pose(root / "companions" / "vitpose-base")
    return root


def library(place: Path) -> Library:
    return Library([place], presets_dir=ROOT / "presets")


def test_people_are_found_and_drawn_always_the_same(models: Path) -> None:
    running = Running(library(models), pictures={"A": picture(size=(90, 60))})
    asked = Pose(image="A", person_threshold=0.05, joint_threshold=0)
    first = running.run(asked)["image"]
    assert (first.size, first.mode) == ((90, 60), "RGB")
    assert running.run(asked)["image"].tobytes() == first.tobytes()


def test_boxes_lead_to_eighteen_joints_of_each_person(models: Path) -> None:
    folder = models / "companions"
    image = picture(size=(90, 60))
    estimator = PoseEstimator.load(folder / "vitpose-base", "cpu")
    people = estimator.joints(image, [(5, 5, 40, 50), (30, 0, 60, 60)], -1)
    assert [len(person.body) for person in people] == [JOINTS, JOINTS]
    assert all(joint is not None for person in people for joint in person.body)
    assert estimator.joints(image, [(5, 5, 40, 50)], 2) == [Person([None] * JOINTS)]
    assert estimator.joints(image, [], 0) == []
    detector = PersonDetector.load(folder / "rt-detr-r50", "cpu")
    for left, top, width, height in detector.people(image, 0.05):
        assert min(width, height) > 0
        assert left < 90
        assert top < 60


def test_nobody_gives_black_with_a_warning(models: Path) -> None:
    running = Running(library(models), pictures={"A": picture()})
    result = running.run(Pose(image="A", person_threshold=0.95))["image"]
    assert result.getextrema() == ((0, 0),) * 3
    assert running.warned == ["control_empty"]


def test_a_missing_detector_is_named_with_its_download(models: Path, tmp_path: Path) -> None:
    save_pose(tmp_path / "companions" / "vitpose-base")
    with pytest.raises(ModelMissing, match="RT-DETR"):
        Running(library(tmp_path)).run(Pose(image="A"))
    with pytest.raises(InvalidInput):
        Running(library(models)).run(Pose(image="A", detector="other"))


def test_cocos_joints_become_openposes_with_a_neck_between_the_shoulders() -> None:
    points = [(float(index), 10.0 * index) for index in range(17)]
    joints = from_coco(points, [1.0] * 17, 0.5)
    assert joints[NECK] == (5.5, 55.0)
    assert joints[2] == points[6]
    assert joints[17] == points[3]
    weak = from_coco(points, [1.0] * 5 + [0.1] + [1.0] * 11, 0.5)
    assert (weak[NECK], weak[5]) == (None, None)


def test_a_skeleton_has_openposes_colours_at_its_joints() -> None:
    joints: list[tuple[float, float] | None] = [None] * JOINTS
    joints[1], joints[2] = (20.0, 32.0), (44.0, 32.0)
    image = draw_skeletons([Person(joints)], (64, 64))
    assert image.getpixel((20, 32)) == (255, 85, 0)
    assert image.getpixel((44, 32)) == (255, 170, 0)
    assert image.getpixel((32, 32)) == (153, 0, 0), "the limb is darker"
    assert image.getpixel((5, 5)) == (0, 0, 0)
